import os
import warnings

import pytest

from ganbench.system import variables


@pytest.mark.parametrize("told", ["error", "error::DeprecationWarning", "garbage"])
def test_what_a_library_tells_its_developers_ends_no_command(
    told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(variables, "OURS", {})
    monkeypatch.setenv("PYTHONWARNINGS", told)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # as Python does when it starts
        variables.settle()
        for kind in (DeprecationWarning, FutureWarning, ResourceWarning, RuntimeWarning):
            warnings.warn_explicit("old", kind, "library.py", 1)
    assert "PYTHONWARNINGS" not in os.environ


def test_filters_of_a_program_that_calls_us_are_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(variables, "OURS", {})
    monkeypatch.delenv("PYTHONWARNINGS", raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        variables.settle()
        with pytest.raises(DeprecationWarning):
            warnings.warn_explicit("old", DeprecationWarning, "library.py", 1)


def test_our_processes_get_ours_and_the_program_that_calls_us_keeps_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    before = dict(os.environ)
    told = variables.of_children()
    assert (told["MPLBACKEND"], told["PYTHONSAFEPATH"]) == ("agg", "1")
    assert "PYTHONWARNINGS" not in told and told["PATH"] == before["PATH"]
    assert dict(os.environ) == before
