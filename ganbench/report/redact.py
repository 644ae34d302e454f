"""What may not leave the house: host names and paths, wherever a record carries them."""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from ganbench.record import Results

HIDDEN_KEYS = {"host", "hostname", "node", "user", "username", "cwd", "executable"}
_PATH = re.compile(
    r"(?!https?:)\b[A-Za-z][\w+.-]+://\S+"  # a file's, a storage's
    r"|(?<![\w.:/~])(?:~|[A-Za-z]:|\.{1,2})?[\\/](?=[^\s\\/])[^\s\"',;:)\]]+"
)


def scrubbed(results: Results) -> Results:
    """`results` without host names, and with an ellipsis for every path on this machine."""
    return Results(
        results.folder,
        _clean(results.suite),
        _clean(results.baselines),
        tuple((folder, _clean(record)) for folder, record in results.runs),
        _clean(results.unreadable),
    )


def without_paths(text: str) -> str:
    """`text` with every path replaced by an ellipsis; names inside the results folder stay."""
    return _PATH.sub("…", text)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return without_paths(value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _clean(getattr(value, f.name)) for f in fields(value)})
    if isinstance(value, Mapping):
        kept = (item for item in value.items() if str(item[0]).lower() not in HIDDEN_KEYS)
        return {_clean(key): _clean(item) for key, item in kept}
    if isinstance(value, list | tuple):
        return type(value)(_clean(item) for item in value)
    return value
