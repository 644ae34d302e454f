"""Scripts that run in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def start():
    """Start `python script ...` without what other tests left in the environment."""

    def start(*arguments: object, cwd: Path, **environment: object) -> subprocess.Popen[str]:
        clean = {k: v for k, v in os.environ.items() if k != "PYTHONSAFEPATH"}
        return subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            cwd=cwd,
            env=clean | {key: str(value) for key, value in environment.items()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    return start


@pytest.fixture(scope="session")
def run(start):
    """Its standard output and error once it has ended well, within two minutes."""

    def run(*arguments: object, cwd: Path, **environment: object) -> tuple[str, str]:
        process = start(*arguments, cwd=cwd, **environment)
        try:
            out, words = process.communicate(timeout=120)
        finally:
            process.kill()
        assert process.returncode == 0, words[-4000:]
        return out, words

    return run


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory, run) -> Path:
    """The files of corpus.py, written once."""
    place = tmp_path_factory.mktemp("hostile") / "corpus"
    run(HERE / "corpus.py", place, cwd=place.parent)
    return place
