"""Every module has a test file at the same place below tests/, or names its test in mirror.toml."""

import tomllib
from pathlib import Path

TESTS = Path(__file__).parent
ROOT = TESTS.parent
NAMED: dict[str, str] = tomllib.loads((TESTS / "mirror.toml").read_text(encoding="utf-8"))
DOORS = ("__init__.py", "__main__.py")  # which hold next to nothing


def own_test(module: str) -> Path:
    """Where a module's tests belong: `ganbench/a/b.py` -> `tests/ganbench/a/test_b.py`."""
    return TESTS / Path(module).with_name(f"test_{Path(module).name}")


def modules() -> set[str]:
    paths = (
        path for name in ("ganbench", "ganzoo", "metrics") for path in (ROOT / name).rglob("*.py")
    )
    return {path.relative_to(ROOT).as_posix() for path in paths if path.name not in DOORS}


def test_every_module_has_a_test_of_its_own_or_names_one():
    assert sorted(m for m in modules() - NAMED.keys() if not own_test(m).exists()) == []


def test_no_module_names_a_test_without_need():
    assert sorted(m for m in NAMED if m not in modules() or own_test(m).exists()) == []


def test_every_test_that_is_named_is_there():
    assert sorted(test for test in NAMED.values() if not (TESTS / test).is_file()) == []
