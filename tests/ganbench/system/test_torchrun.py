"""Whether torchrun has started us, by what it sets."""

import pytest

from ganbench import api
from ganbench.errors import InputError
from ganbench.system.torchrun import SIGN, Launched, launched


def set_by_torchrun(monkeypatch, rank, count, here=None):
    told = {SIGN: "none", "RANK": rank, "WORLD_SIZE": count, "LOCAL_WORLD_SIZE": here or count}
    for name, value in told.items():
        monkeypatch.setenv(name, str(value))


def test_it_is_known_by_what_torchrun_alone_sets(monkeypatch):
    assert launched() is None
    set_by_torchrun(monkeypatch, 1, 2)
    assert launched() == Launched(1, 2)
    monkeypatch.delenv(SIGN)  # as other launchers do
    assert launched() is None
    monkeypatch.setenv(SIGN, "none")
    monkeypatch.setenv("WORLD_SIZE", "many")
    assert launched() is None


def test_processes_on_several_machines_are_refused(monkeypatch):
    set_by_torchrun(monkeypatch, 1, 4, 2)
    with pytest.raises(InputError, match="4 processes on several machines") as error:
        launched()
    assert "--on ray" in error.value.hint


def test_a_script_is_told_to_start_without_it(monkeypatch, tmp_path):
    set_by_torchrun(monkeypatch, 0, 2)
    with pytest.raises(InputError, match="torchrun has started 2 processes") as error:
        api.run("dcgan", results=tmp_path / "r")
    assert "ranks=2" in error.value.hint and not (tmp_path / "r").exists()
