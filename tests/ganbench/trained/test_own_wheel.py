"""The wheel of what is running installs and works elsewhere, without a network."""

import csv
import io
import subprocess
import sys
import zipfile
from email.parser import Parser
from importlib import metadata
from pathlib import Path

import pytest

import ganbench
from ganbench.errors import InputError
from ganbench.trained import own_wheel

ROOT = Path(ganbench.__file__).parents[1]
PIP = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return own_wheel.write(tmp_path_factory.mktemp("wheels"))


def run(words, where, **variables):
    env = {"PATH": "/usr/bin:/bin", "HOME": str(where), **variables}
    done = subprocess.run(words, cwd=where, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_installed_elsewhere_it_is_itself(wheel, tmp_path):
    target = tmp_path / "there"
    run([*PIP, "--target", str(target), str(wheel)], tmp_path)
    where = "import ganbench, ganzoo, metrics; print(ganbench.__file__)"
    said = run([sys.executable, "-c", where], tmp_path, PYTHONPATH=str(target))
    assert Path(said.strip()).is_relative_to(target)
    said = run([sys.executable, "-m", "ganbench", "--version"], tmp_path, PYTHONPATH=str(target))
    assert said == f"ganbench {ganbench.__version__}\n"
    assert (target / "bin" / "ganbench").is_file()
    for package in own_wheel.PACKAGES:
        ours = {p.relative_to(ROOT) for p in (ROOT / package).rglob("*") if p.is_file()}
        ours = {p for p in ours if "__pycache__" not in p.parts}
        assert {p for p in ours if not (target / p).is_file()} == set()


def test_it_says_the_truth_about_itself(wheel):
    with zipfile.ZipFile(wheel) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        info = f"ganbench-{ganbench.__version__}.dist-info"
        rows = list(csv.reader(io.StringIO(archive.read(f"{info}/RECORD").decode())))
        about = Parser().parsestr(archive.read(f"{info}/METADATA").decode())
        scripts = archive.read(f"{info}/entry_points.txt").decode()
        sizes = {entry.filename: str(entry.file_size) for entry in archive.infolist()}
    assert [row[0] for row in rows] == names and len(set(names)) == len(names)
    assert all(sizes[name] == size for name, _, size in rows[:-1])
    assert about["Version"] == ganbench.__version__ and about["Requires-Python"]
    assert any(one.startswith("torch") for one in about.get_all("Requires-Dist"))
    assert "ganbench = ganbench.cli.main:main" in scripts
    assert not any("__pycache__" in name for name in names)


def test_an_installation_without_its_checkout_says_the_same(wheel, monkeypatch, tmp_path):
    run([*PIP, "--target", str(tmp_path / "there"), str(wheel)], tmp_path)
    code = "from ganbench.trained import own_wheel; print(own_wheel.write(own_wheel.Path('again')))"
    run([sys.executable, "-c", code], tmp_path, PYTHONPATH=str(tmp_path / "there"))
    (again,) = (tmp_path / "again").glob("*.whl")
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as other:
        assert set(one.namelist()) == set(other.namelist())
        about = next(name for name in one.namelist() if name.endswith("METADATA"))
        told = [Parser().parsestr(a.read(about).decode()).items() for a in (one, other)]
        assert sorted(told[0]) == sorted(told[1])


def test_no_metadata_anywhere_is_one_sentence(monkeypatch, tmp_path):
    def gone(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", gone)
    monkeypatch.setattr(ganbench, "__file__", str(tmp_path / "a" / "b.py"))
    with pytest.raises(InputError, match="not installed"):
        own_wheel.write(tmp_path)
    assert list(tmp_path.iterdir()) == []
