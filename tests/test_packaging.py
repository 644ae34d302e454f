"""A wheel built from the repository works from another folder; what CI installs is what we ask."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import ganbench

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


WITH_CODE = {".html", ".css", ".js", ".txt", ".typed"}


def test_its_command_runs_from_another_folder(unpacked, tmp_path):
    code = (
        f"import sys; sys.path.insert(0, {str(unpacked)!r});"
        "sys.argv = ['ganbench', 'list', 'models'];"
        "import ganbench; assert ganbench.__file__.startswith(sys.path[0]), ganbench.__file__;"
        "from ganbench.cli.main import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "cyclegan-resnet" in done.stdout


def test_it_is_cited_by_its_version():
    assert f"\nversion: {ganbench.__version__}\n" in (ROOT / "CITATION.cff").read_text()


def asked_for():
    """Everything that pyproject.toml asks for, with all its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    return [Requirement(line) for lines in (project["dependencies"], *extras) for line in lines]


def pinned():
    """Name -> the versions that constraints.txt pins, for one Python or another."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        requirement = Requirement(line)
        (pin,) = requirement.specifier
        assert pin.operator == "==", line
        found.setdefault(canonicalize_name(requirement.name), []).append(pin.version)
    return found


@pytest.mark.parametrize("asked", asked_for(), ids=str)
def test_what_ci_installs_lies_within_what_is_asked_for(asked):
    versions = pinned()[canonicalize_name(asked.name)]
    assert versions and all(version in asked.specifier for version in versions)


@pytest.mark.parametrize("group", ["lint", "docs"])
def test_what_lint_and_site_install_is_pinned(group):
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    names = {canonicalize_name(Requirement(line).name) for line in groups[group]}
    assert names <= pinned().keys()
    assert not names & {"torch", "torchvision", "tensorflow", "keras", "openvino"}


def test_all_that_is_needed_to_run_has_a_floor():
    lacking = [str(asked) for asked in asked_for() if asked.name != "types-psutil"]
    lacking = [line for line in lacking if ">=" not in line and "==" not in line]
    assert not lacking
