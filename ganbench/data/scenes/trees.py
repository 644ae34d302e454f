"""Single trees that stand in front of the land."""

import numpy as np

from ganbench.data.scenes.light import linear
from ganbench.data.scenes.noise import Floats, blend, generator, plane, sample, step
from ganbench.data.scenes.scene import Scene
from ganbench.data.scenes.shading import SEASONS
from ganbench.data.scenes.terrain import Ground


def plant(scene: Scene, land: Ground, picture: Floats, haze: Floats) -> None:
    """Draw all groups of trees, far ones first, in place. `haze`: the air at the horizon."""
    n = picture.shape[1]
    for number, (kind, side, z, height, count) in enumerate(scene.trees):
        draw = generator(int(scene.offsets[0] * 1000), number)
        for _ in range(count):
            away = z * float(draw.uniform(0.85, 1.2))
            x = side + float(draw.uniform(-0.2, 0.2)) * min(1, 2 / z)
            tall = height * float(draw.uniform(0.75, 1.15)) * scene.focal / away
            column = int(np.clip((x + 0.5) * n, 0, n - 1))
            foot = _foot(land, column, away)
            if foot is not None:
                shift = float(draw.uniform(0, 4096))
                _tree(scene, picture, haze, kind, (x, foot / n), tall, away, shift)


def _foot(land: Ground, column: int, away: float) -> int | None:
    """Row where land of that distance is seen, or None where there is water or it is hidden."""
    rows = np.nonzero(land.seen[:, column] & (land.z[:, column] <= away))[0]
    if not len(rows) or land.water[rows[0], column]:
        return None
    return int(rows[0]) + land.top


def _tree(
    scene: Scene,
    picture: Floats,
    haze: Floats,
    kind: str,
    foot: tuple[float, float],
    tall: float,
    away: float,
    shift: float,
) -> None:
    n = picture.shape[1]
    wide = tall * {"round": 0.62, "poplar": 0.2, "pine": 0.3, "bare": 0.6}[kind]
    left, right = int((foot[0] + 0.5 - wide) * n), int((foot[0] + 0.5 + wide) * n) + 1
    top, bottom = int((foot[1] - tall * 1.05) * n), int(foot[1] * n) + 1
    left, right, top, bottom = max(left, 0), min(right, n), max(top, 0), min(bottom, n)
    if right - left < 2 or bottom - top < 2:
        return
    p = (((np.arange(left, right, dtype=np.float32) + 0.5) / n - 0.5 - foot[0]) / wide)[None]
    q = ((foot[1] - (np.arange(top, bottom, dtype=np.float32) + 0.5) / n) / tall)[:, None]
    crown, wood, lit = _bare(p, q, shift) if kind == "bare" else _leafy(scene, kind, p, q, shift)
    names = ("1c2a1c", "3a4c30") if kind == "pine" else SEASONS[scene.season][2:]
    dark, leaf = (np.array(linear(code), np.float32) for code in names)
    sun, shade = np.array(scene.light.sun, np.float32), np.array(scene.light.shade, np.float32)
    tone = blend(dark * shade, leaf * (0.75 * sun + shade), lit)
    bark = plane(np.array(linear("4a3c30"), np.float32) * (0.8 * shade + 0.25 * sun))
    patch = picture[:, top:bottom, left:right]
    air = np.float32(1 - np.exp(-away * scene.haze))
    for cover, colour in ((wood, bark), (crown, tone)):
        seen = colour + air * (haze[:, :, left:right] - colour)
        patch += cover * (seen - patch)


def _leafy(
    scene: Scene, kind: str, p: Floats, q: Floats, shift: float
) -> tuple[Floats, Floats, Floats]:
    """Cover of the crown, cover of the trunk, and how lit the leaves are; all H W."""
    stretch = {"round": 1.0, "poplar": 0.33, "pine": 0.5}[kind]
    u, v = p * (36 * stretch) + shift, q * 58 + shift
    clumps = sample("smooth", u * 1.1, v * 1.1)
    leaves = sample("rough", u * 4, v * 4)
    if kind == "round":
        body = 1 - (p / 0.86) ** 2 - ((q - 0.62) / 0.38) ** 2
    elif kind == "poplar":
        body = 1 - (p / 0.8) ** 2 - ((q - 0.54) / 0.47) ** 2
    else:
        saw = np.abs((q * 9 + 0.15 * clumps) % 1 - 0.3)
        body = 1.6 * ((1 - q) * (0.8 + 0.35 * saw) - np.abs(p)) - 3 * step(0.12, 0.06, q + 0 * p)
    edge = body + (0.12 if kind == "pine" else 0.3) * clumps + 0.22 * leaves
    crown = step(0.05, 0.3, edge)
    if kind == "round":
        crown *= step(-1.7, -1.1, leaves + 0.4 * clumps)
    side = 1.0 if scene.sun_x > 0 else -1.0
    lit = np.clip(0.32 + 0.32 * side * p + 0.5 * (q - 0.55) + 0.26 * clumps + 0.22 * leaves, 0, 1)
    sway = 0.05 * np.sin(q * 6 + shift)
    trunk = step(0.075, 0.04, np.abs(p - sway) * stretch * (1 + q)) * (q < 0.6)
    return crown, trunk, lit.astype(np.float32)


def _bare(p: Floats, q: Floats, shift: float) -> tuple[Floats, Floats, Floats]:
    """A tree without leaves: a trunk, limbs, and a net of twigs."""
    u, v = p * 36 + shift, q * 58 + shift
    bend = sample("smooth", u * 0.8, v * 0.8)
    twigs = sample("rough", u * 5, v * 2.2)
    turn = np.arctan2(p + 0.05 * bend, q - 0.22)
    limbs = step(0.07, 0.0, np.abs(np.sin(4.2 * turn + bend * 0.7)))
    body = step(0.0, 0.5, 1 - (p / 0.8) ** 2 - ((q - 0.62) / 0.4) ** 2 + 0.2 * bend)
    net = body * (0.8 * limbs * (q > 0.25) + 0.6 * step(0.4, 1.1, np.abs(twigs)))
    trunk = step(0.045, 0.015, np.abs(p + 0.04 * bend * q) * (0.8 + 1.6 * q)) * (q < 0.75)
    return np.minimum(net, 1), np.maximum(trunk, 0), np.full_like(net, 0.35)
