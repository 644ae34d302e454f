"""A table of ratios of speeds, ours to a peer's, and where they were measured."""

import platform
from importlib import metadata
from typing import Any

from ganbench.system.environment import cpu_name


def table(rows: list[dict[str, Any]]) -> list[str]:
    """A line for each comparison: the ratio of speeds, its spread over the turns, its bar."""
    lines = [f"{'ours':<56} {'peer':<28} {'times':>6} {'least':>6} {'most':>6} {'bar':>6}"]
    for row in rows:
        bar = "" if row["bar"] is None else f"{row['bar']:6.2f}"
        spread = " ".join(f"{row[name]:6.2f}" for name in ("ratio", "least", "most"))
        missed = "  missed" if bar and row["ratio"] < row["bar"] else ""
        lines.append(f"{row['what']:<56} {row['peer']:<28} {spread} {bar:>6}{missed}")
    return lines


def rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in row.items()}


def machine() -> dict[str, Any]:
    """What the figures were measured on, without a name of its own."""
    versions = {name: metadata.version(name) for name in ("torch", "tensorflow")}
    return {"processor": cpu_name(), "system": platform.system(), **versions}
