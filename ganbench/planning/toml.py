"""TOML from strangers, and our own: read within bounds, written so that it reads back the same."""

import json
import math
import re
import tomllib
from pathlib import Path
from typing import Any

from ganbench.errors import InputError
from ganbench.system import safe_read
from ganbench.system.text import printable, shown

LARGEST = 2**20  # bytes of a file; a suite of a thousand models has a tenth of it
LARGEST_NUMBER = 2**53  # whole numbers above are no seeds, sizes or counts
DEEPEST = 16  # lists and tables within each other


def read(file: Path, what: str) -> dict[str, Any]:
    """The values of a TOML file; InputError that calls it `what` when it is none or too large."""
    name = f"{what} {shown(str(file))}"
    try:
        with safe_read.regular(file) as opened:
            data = opened.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}") from None
    if len(data) > LARGEST:
        raise InputError(f"{name} is larger than {LARGEST // 2**20} MiB")
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # TOML's and Unicode's errors are the former
        why = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise InputError(f"{name} is not TOML: {printable(why)}") from None


def problem(found: Any, depth: int = 0) -> str:
    """Why a value cannot be used, written to a file or sent on; empty when it can be."""
    if depth > DEEPEST:
        return "it is nested too deep"
    if isinstance(found, dict | list | tuple):
        parts = [*found, *found.values()] if isinstance(found, dict) else found
        return next(filter(None, (problem(part, depth + 1) for part in parts)), "")
    if isinstance(found, str):
        return _problem_of_text(found)
    if isinstance(found, int) and abs(found) > LARGEST_NUMBER:
        return "a number is too large"
    known = found is None or isinstance(found, int | float)
    return "" if known else f"a {type(found).__name__} is not expected here"


def _problem_of_text(text: str) -> str:
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        return f'"{shown(text)}" is not written in UTF-8'
    return f'"{shown(text)}" holds a zero byte' if "\0" in text else ""


def value(found: Any) -> str:
    """A value as TOML."""
    if isinstance(found, float) and not math.isfinite(found):
        return str(found)  # inf and nan, as in TOML
    if isinstance(found, bool | int | float):
        return json.dumps(found)
    if isinstance(found, list | tuple):
        return "[" + ", ".join(map(value, found)) + "]"
    if isinstance(found, dict):
        return "{ " + ", ".join(f"{_key(k)} = {value(v)}" for k, v in found.items()) + " }"
    # JSON leaves the one control letter above the others as it is, TOML does not.
    return json.dumps(str(found), ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(key: str) -> str:
    return key if re.fullmatch("[A-Za-z0-9_-]+", key) else value(key)
