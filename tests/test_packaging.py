"""A wheel built from the repository works from another folder."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The wheel's content, and nothing else, in a folder."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    source.mkdir()
    for name in ("ganbench", "ganzoo", "metrics"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = "from setuptools.build_meta import build_wheel; print(build_wheel('..'))"
    done = subprocess.run([sys.executable, "-c", build], cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place / "installed")
    return place / "installed"


def test_it_holds_the_three_packages_and_their_templates(unpacked):
    there = {path.name for path in unpacked.iterdir() if not path.name.endswith(".dist-info")}
    assert there == {"ganbench", "ganzoo", "metrics"}
    needed = {p.relative_to(ROOT) for p in (ROOT / "ganbench").rglob("*") if p.suffix in WITH_CODE}
    assert {path for path in needed if not (unpacked / path).exists()} == set()


WITH_CODE = {".html", ".css", ".js", ".typed"}


def test_its_command_runs_from_another_folder(unpacked, tmp_path):
    code = (
        f"import sys; sys.path.insert(0, {str(unpacked)!r});"
        "sys.argv = ['ganbench', 'list', 'models'];"
        "import ganbench; assert ganbench.__file__.startswith(sys.path[0]), ganbench.__file__;"
        "from ganbench.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "cyclegan-resnet" in done.stdout
