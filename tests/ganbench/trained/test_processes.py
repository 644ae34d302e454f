"""The same through the processes that do it for a person, which other tests do without."""

import subprocess
import sys

import pytest


def ganbench(*words):
    command = [sys.executable, "-m", "ganbench", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("dcgan", ["generate"]),
        pytest.param(
            *("cyclegan-unet", ["translate", "PHOTOGRAPHS", "--whole"]), marks=pytest.mark.slow
        ),
    ],
)
def test_a_command_ends_well_and_says_where_it_all_is(made, photographs, tmp_path, model, words):
    typed = [photographs if word == "PHOTOGRAPHS" else word for word in words]
    done = ganbench(*typed, "--with", made(model), "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "out") in done.stdout.splitlines()[-1]
