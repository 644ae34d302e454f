"""The sky: air, sun and clouds."""

import numpy as np

from ganbench.data.scenes.noise import Floats, blend, plane, sample, step
from ganbench.data.scenes.scene import Scene


def air(scene: Scene, x: Floats, y: Floats) -> Floats:
    """Colour of the clear sky at picture place (x, y), y upwards from the horizon; 3 H W."""
    light = scene.light
    colour = blend(light.horizon, light.zenith, 1 - np.exp(-np.maximum(y, 0) * np.float32(4.2)))
    away = np.sqrt((x - scene.sun_x) ** 2 + (y - _sun_row(scene)) ** 2 * 1.6)
    halo = light.glow * (0.35 * np.exp(-away * 3.2) + 0.8 * np.exp(-away * 15))
    return colour + halo * plane(light.sun) * np.float32(1 / max(light.sun))


def _sun_row(scene: Scene) -> float:
    return scene.sun_y * scene.focal


def disc(scene: Scene, x: Floats, y: Floats) -> Floats:
    """Brightness of the sun or moon itself, H W."""
    away = np.sqrt((x - scene.sun_x) ** 2 + (y - _sun_row(scene)) ** 2)
    return step(0.02, 0.006, away) * np.float32(4.0)


def sky(scene: Scene, x: Floats, y: Floats) -> Floats:
    """The whole sky above the horizon, 3 H W."""
    clear = air(scene, x, y)
    clear += disc(scene, x, y) * plane(scene.light.sun)
    up = np.maximum(y, 0)
    if scene.cirrus:
        veil = _cirrus(scene, x, up)
        clear += veil * (plane(scene.light.cloud) - clear)
    density, shifted = _clouds(scene, x, up)
    lit = np.clip(0.62 + 0.5 * (density - shifted) - 0.28 * np.maximum(density - 0.6, 0), 0, 1)
    cloud = blend(scene.light.belly, scene.light.cloud, lit)
    near = np.exp(-((x - scene.sun_x) ** 2 + (y - _sun_row(scene)) ** 2) * 9)
    cloud += near * np.float32(scene.light.glow * 0.5) * plane(scene.light.sun)
    cover = step(0.0, 0.75, density) * step(-0.01, 0.1, up) * np.float32(0.96)
    clear += cover * (cloud - clear)
    return clear


def _cirrus(scene: Scene, x: Floats, up: Floats) -> Floats:
    """Thin combed ice clouds."""
    o = scene.offsets
    far = 1 / (up + 0.12)
    u, v = x * far * 30 + o[3], far * 26 + o[5]
    warp = sample("smooth", u * 0.6, v * 0.6) * 9
    combed = sample("rough", (u + v) * 0.35 + warp, (v - u) * 1.6 + warp)
    return scene.cirrus * 0.6 * step(0.0, 2.2, combed) * step(0.02, 0.25, up)


def _clouds(scene: Scene, x: Floats, up: Floats) -> tuple[Floats, Floats]:
    """Density of the clouds, and the same seen a little towards the sun."""
    o, puff = scene.offsets, scene.puff
    far = 1 / (up + 0.1 + 0.25 * puff)
    u = x * far * (34 - 12 * puff) + o[1]
    v = (far * (30 - 12 * puff)) + o[2] - up * 60 * puff
    warp = sample("rough", u * 2.3 + o[6], v * 2.3 + o[7])
    u, v = u + warp * 1.1, v + warp * 1.1
    bias = np.float32((scene.cover - 0.55) * 2.6)
    side = 5.0 if scene.sun_x > 0 else -5.0
    rag = 0.32 * sample("rough", u * 5 + o[8], v * 5 + o[9])
    here = sample("smooth", u, v) + bias + rag
    there = sample("smooth", u + side, v - 5.0) + bias + rag * 0.4
    return here, there
