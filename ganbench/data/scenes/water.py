"""Water: it mirrors what stands above its shore, broken by ripples."""

import numpy as np
from scipy import ndimage

from ganbench.data.scenes.noise import Floats, plane, sample, step
from ganbench.data.scenes.scene import Scene
from ganbench.data.scenes.terrain import Ground


def flood(scene: Scene, land: Ground, above: Floats, picture: Floats) -> None:
    """Paint the water of a finished picture of sky and land, in place (3 H W).

    `above` is the sky alone, down to the horizon at least.
    """
    if not land.water.any():
        return
    n = picture.shape[1]
    o = scene.offsets
    row = np.arange(land.top, n, dtype=np.float32)[:, None]
    column = np.arange(n, dtype=np.float32)
    shore = np.where(land.water, 0, row)
    shore = np.maximum.accumulate(shore, axis=0)
    level = np.float32(scene.horizon * n)
    shore = ndimage.uniform_filter1d(np.maximum(shore, level), n // 8, axis=1, mode="nearest")
    swell = sample("smooth", land.x * 40 + o[3], land.z * 40 + o[4])
    ripple = sample("rough", land.x * 120 + o[5], land.z * 120 + o[6])
    wave = scene.wind * (0.6 * ripple + 0.5 * swell) / (1 + 0.12 * land.z)
    depth = row - shore
    up = 2 * shore - row + wave * (0.03 * n + 0.5 * depth)
    aside = column + wave * (0.012 * n)
    y = np.clip(np.abs(up), 0, shore - 1).astype(np.intp)
    x = np.clip(aside, 0, n - 1).astype(np.intp)
    mirror = picture.reshape(3, -1).take(y * n + x, axis=1)
    sky_row = np.clip(np.abs(up + 2 * (level - shore)), 0, level - 1).astype(np.intp)
    open_sky = above.reshape(3, -1).take(sky_row * n + x, axis=1)
    is_land = (y >= land.top) & land.seen.reshape(-1).take(np.maximum(y - land.top, 0) * n + x)
    mirror = np.where(is_land, mirror, open_sky)
    steep = np.clip((row / n - scene.horizon) / scene.focal, 0.004, 1)
    fresnel = 0.18 + 0.8 * np.exp(-steep * 5) - 0.12 * scene.wind * swell
    body = plane(scene.light.shade) * plane((0.1, 0.22, 0.24))
    water = body + np.clip(fresnel, 0.05, 0.97) * (mirror * np.float32(0.92) - body)
    _glitter(scene, land, wave, water, column / n - 0.5)
    _foam(scene, land, ripple, water)
    np.copyto(picture[:, land.top :], water, where=land.water)


def _glitter(scene: Scene, land: Ground, wave: Floats, water: Floats, across: Floats) -> None:
    """The path of sparks under a low sun, in place."""
    if abs(scene.sun_x) > 0.6 or scene.sun_y > 0.6:
        return
    o = scene.offsets
    sparks = sample("grain", land.x * 90 + o[7], land.z * 200 + o[8])
    path = np.exp(-(((across - scene.sun_x) / (0.05 + 0.12 * scene.wind)) ** 2))
    bright = path * step(0.2, 1.6, sparks + wave) * scene.light.glow
    water += bright * plane(scene.light.sun)


def _foam(scene: Scene, land: Ground, ripple: Floats, water: Floats) -> None:
    """White caps on a windy lake or sea, in place."""
    if scene.wind < 0.45:
        return
    o = scene.offsets
    crest = sample("rough", land.x * 36 + o[9], land.z * 80 + o[10])
    cap = step(1.5, 2.4, crest + 0.35 * ripple) * np.float32(0.55 * scene.wind)
    water += cap * (plane(scene.light.cloud) * np.float32(0.8) - water)
