"""docs/architecture.md is true: its rooms and arrows are those that the imports draw.

To draw them anew: GANBENCH_WRITE_DOCS=1 pytest tests/test_architecture.py
"""

import os
import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

from . import layered_drawing

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
PICTURE = ROOT / "docs" / "rooms.svg"
BLOCK = re.compile(r"(?<=<!-- drawn from the imports -->\n).*?(?=<!-- end -->)", re.DOTALL)
MOST_ROOMS, MOST_LEVELS = 20, 8

Arrows = dict[str, set[str]]  # room -> the rooms that it imports from


def room_of(module: str) -> str:
    """The room a module lies in; "" for `ganbench` itself: a version, and names of the api."""
    package, _, rest = module.partition(".")
    room = rest.partition(".")[0]
    if package != "ganbench":
        return package
    return "cli" if room == "__main__" else room  # the other door of the same command


@pytest.fixture(scope="module")
def arrows() -> Arrows:
    graph = grimp.build_graph("ganbench", "ganzoo", "metrics", cache_dir=None)
    found: Arrows = {room_of(module): set() for module in graph.modules}
    for module in graph.modules:
        imported = map(room_of, graph.find_modules_directly_imported_by(module))
        found[room_of(module)] |= set(imported) - {room_of(module), ""}
    del found[""]
    return found


def levels_of(arrows: Arrows) -> dict[str, int]:
    """Room -> its level: 1 imports from no room, each other stands on the highest it imports from.

    Raises CycleError where rooms import in a circle.
    """
    levels: dict[str, int] = {}
    for room in TopologicalSorter(arrows).static_order():
        levels[room] = 1 + max((levels[below] for below in arrows[room]), default=0)
    return levels


def reach(arrows: Arrows, room: str) -> set[str]:
    """All rooms below."""
    return set().union(*({below} | reach(arrows, below) for below in arrows[room]))


def shortest(arrows: Arrows) -> list[tuple[str, str]]:
    """The arrows that no longer way replaces."""
    found = []
    for room in arrows:
        longer = set().union(*(reach(arrows, below) for below in arrows[room]))
        found += [(room, below) for below in arrows[room] - longer]
    return sorted(found)


def table(arrows: Arrows) -> str:
    """The block of the page: all arrows."""
    levels = levels_of(arrows)
    order = sorted(arrows, key=lambda room: (-levels[room], room))
    lines = ["| level | room | imports from |", "|---|---|---|"]
    for room in order:
        below = ", ".join(sorted(arrows[room], key=order.index)) or "–"
        lines.append(f"| {levels[room]} | {room} | {below} |")
    return "\n".join(lines) + "\n"


def test_the_page_shows_the_rooms_and_arrows_of_the_imports(arrows):
    page, drawn = PAGE.read_text(encoding="utf-8"), table(arrows)
    picture = layered_drawing.drawn(levels_of(arrows), shortest(arrows))
    if os.environ.get("GANBENCH_WRITE_DOCS"):
        page = BLOCK.sub(lambda _: drawn, page)
        PAGE.write_text(page, encoding="utf-8")
        PICTURE.write_text(picture, encoding="utf-8")
    assert BLOCK.findall(page) == [drawn]
    assert PICTURE.read_text(encoding="utf-8") == picture


def test_rooms_and_levels_stay_few(arrows):
    assert len(arrows) <= MOST_ROOMS
    assert max(levels_of(arrows).values()) <= MOST_LEVELS


def test_no_arrow_goes_up_a_floor(arrows):
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (floors,) = (c["layers"] for c in contracts["contracts"] if c.get("containers") == ["ganbench"])
    depth = {room: i for i, floor in enumerate(floors) for room in re.split(r" [|:] ", floor)}
    depth |= dict.fromkeys(("ganzoo", "metrics"), len(floors))
    assert [
        f"{room} -> {below}"
        for room in arrows
        for below in arrows[room]
        if depth[below] <= depth[room]
    ] == []


def test_every_room_has_a_sentence(arrows):
    page = PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"^- \*\*(\w+)\*\*", page, re.MULTILINE)) == set(arrows)


@pytest.mark.parametrize("module", ["budget", "record", "jobs"])
def test_what_all_stages_share_loads_nothing_heavy(module):
    heavy = {"PIL", "torch", "tensorflow", "pandas", "ganbench.data"}
    code = f"import sys, ganbench.{module}; print(*({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("", "")
