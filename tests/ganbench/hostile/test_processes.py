"""Drawing processes end with the command, and nothing is imported from the current folder."""

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

DRAW = """
import itertools, time
from multiprocessing import active_children
from ganbench.data import recipes
if __name__ == "__main__":
    drawn = recipes._draw_all("photo", 32, range(100))
    next(drawn)
    print(*(child.pid for child in active_children()), flush=True)
    time.sleep(60)
"""
COMMAND = """
import sys
from ganbench.cli import main
from ganbench.data import scenes
if __name__ == "__main__":
    scenes.COUNTS.update(photo=2, painting=2)
    sys.argv = ["ganbench", *sys.argv[1:]]
    main.main()
"""
EVIL = ("multiprocessing", "numpy", "tensorflow", "torch", "json", "PIL", "ganbench", "random")


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    """A folder of modules that leave a marker when they are imported."""
    folder = tmp_path / "evil"
    folder.mkdir()
    for name in EVIL:
        marker = str(tmp_path / f"{name} was imported")
        (folder / f"{name}.py").write_text(f"open({marker!r}, 'w')\nraise SystemExit(99)\n")
    return folder


def markers(evil: Path) -> list[str]:
    return sorted(path.name for path in evil.parent.glob("*was imported"))


def test_drawing_processes_end_with_the_one_that_started_them(tmp_path: Path, start) -> None:
    (tmp_path / "draw.py").write_text(DRAW)
    parent = start("-P", tmp_path / "draw.py", cwd=tmp_path, GANBENCH_CACHE=tmp_path / "cache")
    children = [int(pid) for pid in parent.stdout.readline().split()]
    assert children
    os.kill(parent.pid, signal.SIGKILL)
    parent.communicate(timeout=30)
    until = time.monotonic() + 5
    while any(map(alive, children)) and time.monotonic() < until:
        time.sleep(0.05)
    assert [pid for pid in children if alive(pid)] == []


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_the_trap_works(evil: Path, start) -> None:
    process = start("-c", "import random", cwd=evil)
    process.communicate(timeout=30)
    assert markers(evil) == ["random was imported"]


def test_inspect_with_its_drawing_processes_imports_nothing_from_here(evil: Path, run) -> None:
    script = evil.parent / "command.py"
    script.write_text(COMMAND)
    arguments = ("data", "inspect", "--size", 32, "--out", evil.parent / "data.html")
    run(script, *arguments, cwd=evil, GANBENCH_CACHE=evil.parent / "cache")
    assert (evil.parent / "data.html").is_file()
    assert markers(evil) == []


@pytest.mark.slow
def test_a_dry_run_imports_nothing_from_here(evil: Path, two_domains: Path, run) -> None:
    script = evil.parent / "command.py"
    script.write_text(COMMAND)
    out, _ = run(
        *(script, "run", "--dry-run", "--models", "dcgan", "--data", two_domains),
        *("--size", 32, "--device", "cpu"),
        cwd=evil,
        GANBENCH_CACHE=evil.parent / "cache",
    )
    assert "dcgan" in out
    assert markers(evil) == []


@pytest.mark.slow
@pytest.mark.tensorflow
def test_reading_records_imports_nothing_from_here(evil: Path, corpus: Path, run) -> None:
    pytest.importorskip("tensorflow")
    script = evil.parent / "command.py"
    script.write_text(COMMAND)
    arguments = ("data", "convert", "--to", "folder", "--source", corpus / "records")
    with pytest.raises(AssertionError, match="has no readable picture"):
        run(script, *arguments, cwd=evil, GANBENCH_CACHE=evil.parent / "cache")
    assert markers(evil) == []
