"""What `make speed` ends with: one table of ours against peers, and the same as JSON."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from speed_table import machine, rounded, table

ROWS = pytest.StashKey[list[dict[str, Any]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--speed-json", type=Path, help="where the table of speeds is written, too")
    parser.addoption("--fleet-json", type=Path, help="where the driver's speed is written, too")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ROWS] = []


@pytest.fixture
def against(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Put a row into the table, and fail where it misses its bar.

    `bar`: how many times as fast as the peer ours should be; None: a figure, not a promise.
    """

    def row(what: str, peer: str, found: dict[str, float], bar: float | None) -> None:
        request.config.stash[ROWS].append({"what": what, "peer": peer, **found, "bar": bar})
        assert bar is None or found["ratio"] >= bar, f"{what}: {found['ratio']:.2f}, not {bar}"

    return row


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if rows := config.stash[ROWS]:
        terminalreporter.section("ours against peers, in turns")
        for line in table(rows):
            terminalreporter.write_line(line)


def pytest_sessionfinish(session: pytest.Session) -> None:
    file, rows = session.config.getoption("--speed-json"), session.config.stash[ROWS]
    if file and rows:
        text = json.dumps({"machine": machine(), "rows": [rounded(row) for row in rows]}, indent=1)
        beside = file.with_suffix(".part")
        beside.write_text(text + "\n", encoding="utf-8")
        beside.replace(file)
