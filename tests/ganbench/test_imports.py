"""What the rooms that all stages share do not load, in a process of their own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ganbench

HEAVY = ("PIL", "torch", "scipy", "pandas", "ganbench.data", "metrics.registry")


@pytest.mark.parametrize("module", ["budget", "record", "errors", "jobs", "system.child_process"])
def test_what_all_share_loads_neither_pillow_nor_the_data_package(module) -> None:
    code = f"import sys, ganbench.{module}; print(*[m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_package_itself_loads_nothing_and_names_what_it_offers() -> None:
    code = (
        "import sys; before = set(sys.modules); import ganbench;"
        "print(*sorted(set(sys.modules) - before - {'typing'})); print(*dir(ganbench))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded, offered = map(str.split, done.stdout.splitlines())
    assert not [name for name in loaded if name.startswith(("ganbench.", *HEAVY))]
    assert {"run", "load", "Results", "Run", "InputError"} <= set(offered)


def test_what_is_not_offered_is_named() -> None:
    with pytest.raises(AttributeError, match="no attribute 'rn'"):
        ganbench.rn  # noqa: B018


def test_loading_results_needs_no_framework(tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).parent / "version_0_1" / "results", tmp_path / "results")
    code = (
        "import sys, ganbench; found = ganbench.load('results'); found.table, found._repr_html_();"
        "print(*{'torch', 'tensorflow', 'keras'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
