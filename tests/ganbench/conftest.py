"""Helpers for tests that start real processes."""

import sys

import pytest

from ganbench import cli

SMALL_RESNET = "cyclegan-resnet:width=4,d_width=4,blocks=1,batch=2,history=3"


@pytest.fixture
def ganbench(monkeypatch, capsys):
    """Call the real command in this process: exit code, standard output, standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ganbench", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            cli.main()
        captured = capsys.readouterr()
        return exit_.value.code or 0, captured.out, captured.err

    return call
