"""A drawing of things on levels and arrows down between them, as SVG that needs no script.

Sugiyama et al. 1981: an arrow that passes levels gets a place on each, and every level is put into
the order of its neighbours' mean places, in turns from above and from below.
"""

from collections.abc import Iterable
from itertools import pairwise

WIDTH, ROW, HIGH = 960, 76, 30  # of the drawing, of a level, of a box; pixels
SWEEPS = 12
HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}"'
    ' font-family="sans-serif" font-size="14" text-anchor="middle">\n'
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
    ' orient="auto"><path d="M0 0 8 4 0 8z" fill="#555"/></marker></defs>\n'
    '<rect width="{w}" height="{h}" fill="#fff"/>\n'
)

Place = tuple[str, ...]  # a thing, or an arrow and the level that it passes
Arrow = tuple[str, str]


def drawn(levels: dict[str, int], arrows: Iterable[Arrow]) -> str:
    """Things by their level, the highest on top; each arrow leads to a lower level."""
    chains = [chain(levels, arrow) for arrow in sorted(arrows)]
    rows = ordered(levels, chains)
    spots = {
        place: (round((i + 0.5) * WIDTH / len(row)), round((n + 0.5) * ROW))
        for n, row in enumerate(rows)
        for i, place in enumerate(row)
    }
    parts = [HEAD.format(w=WIDTH, h=ROW * len(rows))]
    parts += [line([spots[place] for place in places]) for places in chains]
    parts += [box(name, *spots[name,]) for name in sorted(levels)]
    return "".join(parts) + "</svg>\n"


def chain(levels: dict[str, int], arrow: Arrow) -> list[Place]:
    """Where an arrow passes, from above."""
    above, below = arrow
    passed = range(levels[above] - 1, levels[below], -1)
    return [(above,), *((above, below, str(level)) for level in passed), (below,)]


def ordered(levels: dict[str, int], chains: list[list[Place]]) -> list[list[Place]]:
    """All places of each level from left to right, the highest level first."""
    level: dict[Place, int] = {(name,): number for name, number in levels.items()}
    level |= {place: int(place[2]) for places in chains for place in places if len(place) == 3}
    rows = [sorted(p for p in level if level[p] == n) for n in range(max(levels.values()), 0, -1)]
    down = {step for places in chains for step in pairwise(places)}
    up = {(below, above) for above, below in down}
    for sweep in range(SWEEPS):
        if sweep % 2:
            for n in range(len(rows) - 2, -1, -1):
                rows[n] = settled(rows[n], rows[n + 1], up)
        else:
            for n in range(1, len(rows)):
                rows[n] = settled(rows[n], rows[n - 1], down)
    return rows


def settled(row: list[Place], fixed: list[Place], steps: set[tuple[Place, Place]]) -> list[Place]:
    """A level in the order of the mean places of what leads to it from the level that is fixed."""
    spots = {place: (i + 0.5) / len(fixed) for i, place in enumerate(fixed)}
    means = {}
    for i, place in enumerate(row):
        near = [spot for other, spot in spots.items() if (other, place) in steps]
        means[place] = sum(near) / len(near) if near else (i + 0.5) / len(row)
    return sorted(row, key=lambda place: (means[place], place))


def line(spots: list[tuple[int, int]]) -> str:
    """An arrow through its places, upright in each, from box to box."""
    (x, y), *between, (to_x, to_y) = spots
    spots = [(x, y + HIGH // 2), *between, (to_x, to_y - HIGH // 2)]
    path = f"M{spots[0][0]} {spots[0][1]}"
    for (x, y), (to_x, to_y) in pairwise(spots):
        path += f"C{x} {(y + to_y) // 2} {to_x} {(y + to_y) // 2} {to_x} {to_y}"
    return f'<path d="{path}" fill="none" stroke="#888" marker-end="url(#tip)"/>\n'


def box(name: str, x: int, y: int) -> str:
    wide = 9 * len(name) + 18
    frame = f'<rect x="{x - wide // 2}" y="{y - HIGH // 2}" width="{wide}" height="{HIGH}" rx="6"'
    return f'{frame} fill="#eef" stroke="#335"/><text x="{x}" y="{y + 5}">{name}</text>\n'
