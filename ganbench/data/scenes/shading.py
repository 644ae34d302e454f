"""What the land is made of: meadow, wood, field, rock, sand and snow, and how light falls on it."""

import numpy as np

from ganbench.data.scenes.light import linear
from ganbench.data.scenes.noise import Floats, blend, nearest, plane, sample, step
from ganbench.data.scenes.scene import Scene
from ganbench.data.scenes.terrain import Ground, forest

# grass dry and fresh, wood dark and light
SEASONS = {
    "summer": ("8a8f4e", "5d7a34", "2b3d1f", "4a6130"),
    "spring": ("93a854", "6d9a3c", "3a5526", "6b8a40"),
    "autumn": ("a08a4c", "7f7a3a", "5a3a1c", "a8692a"),
    "winter": ("8c8468", "76705a", "3a3a36", "56524a"),
    "dry": ("c2a468", "a28e54", "4c4a2a", "6e6a3c"),
}
FIELDS = ("c9b06a", "a7a24c", "6f8a3e", "8a6a48", "d8c274", "587a34")
ROCK, PALE, SAND, SNOW = "6c6660", "9a9086", "c8b48c", "f0f4fa"


def _over(base: Floats, colour: str | Floats, share: Floats) -> None:
    """Lay a colour over `base`, in place."""
    top = plane(linear(colour)) if isinstance(colour, str) else colour
    base += share * (top - base)


def albedo(scene: Scene, land: Ground) -> Floats:
    """Share of the light that each pixel of the land sends back, 3 H W."""
    o, x, z, h = scene.offsets, land.x, land.z, land.height
    dry, fresh, dark, leaf = SEASONS[scene.season]
    broad = sample("smooth", x * 21 + o[2], z * 21 + o[3])
    broad += step(6.0, 1.5, z) * sample("smooth", x * 75 + o[7], z * 40 + o[8])
    fine = sample("rough", x * 90 + o[4], z * 90 + o[5])
    colour = blend(linear(dry), linear(fresh), np.clip(0.5 + 0.38 * broad + 0.15 * fine, 0, 1))
    if scene.fields:
        _plough(scene, land, colour)
    rough = h + 0.25 * broad + 0.1 * fine
    cliff = step(0.16, 0.34, land.slope + 0.05 * fine)
    stone = blend(linear(ROCK), linear(PALE), np.clip(0.4 + 0.35 * fine, 0, 1))
    _over(colour, stone, np.maximum(cliff, step(1.6, 2.6, rough)))
    wood = step(0.22, 0.42, forest(scene, x, z) + 0.04 * fine)
    wood *= step(0.02, 0.06, h) * (1 - step(1.5, 2.2, rough)) * step(1.2, 2.6, z) * (1 - cliff)
    clump = sample("grain", x * 210 + o[6], z * 210 + o[7])
    crowns = blend(linear(dark), linear(leaf), np.clip(0.4 + 0.35 * clump, 0, 1))
    _over(colour, crowns * np.float32(0.8), wood)
    _over(colour, SAND, step(0.035, 0.01, h + 0.006 * fine) * step(0.3, 0.1, land.slope))
    if scene.snowline < 3.5:
        snow = step(-0.25, 0.35, rough - scene.snowline) * step(0.5, 0.3, land.slope)
        _over(colour, SNOW, snow * (1 - 0.8 * wood * step(1.8, 0.6, clump)))
    _near(scene, land, colour)
    return colour


def _plough(scene: Scene, land: Ground, colour: Floats) -> None:
    """Patches of fields with hedges between them, in place."""
    o = scene.offsets
    turn = np.float32(o[0] % 1.2 - 0.6)
    bend = 0.12 * sample("smooth", land.x * 9 + o[8], land.z * 9 + o[9])
    u = (land.x + turn * land.z) * 0.9 + bend + np.float32(o[1] % 64)
    v = (land.z - turn * land.x) * 0.55 + bend + np.float32(o[2] % 64)
    row = np.floor(v)
    u += row * np.float32(0.37)
    cell = nearest("grain", np.floor(u) * 7 + 3, row * 13 + 5)
    table = np.array([linear(code) for code in FIELDS], np.float32).T
    patch = table.take((np.abs(cell) * 97).astype(np.intp) % len(FIELDS), axis=1)
    furrow = 1 + 0.12 * np.sin(u * np.float32(60)) * step(3.0, 1.0, land.z)
    share = scene.fields * step(9.0, 5.0, land.height * 4 + land.z * 0.2)
    colour += share * (patch * furrow - colour)
    hedge = step(0.455, 0.485, np.maximum(np.abs(u - np.floor(u) - 0.5), np.abs(v - row - 0.5)))
    _over(colour, SEASONS[scene.season][2], hedge * share * np.float32(0.8))


def _near(scene: Scene, land: Ground, colour: Floats) -> None:
    """Blades and flowers close to the viewer, in place."""
    o = scene.offsets
    close = step(4.0, 1.0, land.z)
    across = land.x / land.z
    blades = sample("grain", across * 330 + o[9], np.log(land.z) * 130 + o[10])
    tufts = sample("rough", land.x * 70 + o[10], land.z * 40 + o[9])
    colour *= np.maximum(1 + close * (0.17 * blades + 0.2 * tufts), 0.2)
    if scene.flowers and scene.season != "winter":
        spots = nearest("grain", land.x * 300 + o[7], land.z * 120 + o[8])
        where = (spots > 1.5 - 0.4 * scene.flowers) & (tufts + blades * 0.3 > 0.2)
        tint = ("d8362a", "e8c83a", "c9a0e0", "f4f0e4")[int(o[11]) % 4]
        _over(colour, tint, where * step(6.0, 2.0, land.z) * np.float32(0.85))


def lit(scene: Scene, land: Ground, colour: Floats) -> Floats:
    """Light that the land sends to the eye before the air changes it, 3 H W."""
    return colour * (land.sun * plane(scene.light.sun) + land.sky * plane(scene.light.shade))
