"""The land: a field of heights seen in perspective, lit by the sun, with shadows that it casts."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ganbench.data.scenes.noise import Floats, nearest, sample, step
from ganbench.data.scenes.scene import Scene

FAR = 46.0


@dataclass(frozen=True)
class Ground:
    """What every pixel from row `top` down shows. All arrays are H W; sky pixels hold far land."""

    top: int  # the first row with land in it
    seen: npt.NDArray[np.bool_]  # land or water, not sky
    water: npt.NDArray[np.bool_]
    x: Floats  # place across
    z: Floats  # distance
    height: Floats
    sun: Floats  # share of the sun's light that arrives
    sky: Floats  # share of the sky's light that arrives
    slope: Floats


def ground(scene: Scene, n: int) -> Ground:
    """The land of a scene on n by n pixels."""
    samples = n + n // 4
    across = (np.arange(n, dtype=np.float32) + 0.5) / n - 0.5  # W
    near = 0.25 * scene.camera * scene.focal / (1 - scene.horizon)
    depth = np.geomspace(near, FAR, samples, dtype=np.float32)[:, None]  # K 1
    x = across * depth / np.float32(scene.focal)  # K W
    z = np.broadcast_to(depth, x.shape)
    height = heights(scene, x, z)
    sun, sky, slope = _lit(scene, height, depth, across)
    height += _canopy(scene, x, z, height)
    rows = (scene.horizon - (height - scene.camera) * (scene.focal / depth)) * n  # K W
    first, part, seen = _visible(rows, n)
    top = int(np.argmax(seen.any(axis=1)))
    first, part, seen = first[top:], part[top:], seen[top:]
    before = np.maximum(first - n, first % n)

    def at(field: Floats) -> Floats:
        flat = field.reshape(-1)
        near = flat.take(before)
        return near + part * (flat.take(first) - near)

    z = at(np.ascontiguousarray(z))
    level = at(height)
    return Ground(
        top=top,
        seen=seen,
        water=seen & (level <= 0.0005),
        x=across * z / np.float32(scene.focal),
        z=z,
        height=level,
        sun=at(sun),
        sky=at(sky),
        slope=at(slope),
    )


def heights(scene: Scene, x: Floats, z: Floats) -> Floats:
    """Height of the land, 0 where water stands."""
    o = scene.offsets
    low, vary = scene.lowland
    broad = sample("smooth", x * 7 + o[0], z * 7 + o[1])
    land = low + vary * broad
    lean = np.clip(0.75 + scene.lean * 0.9 * x / (0.35 * z + 0.5), 0.08, 1.6)
    meander = sample("smooth", z * 3 + o[2], np.full_like(z[:, :1], o[3]))
    lean *= 1 - scene.valley * np.exp(-(((x + meander * 0.12 * z) / (0.16 * z + 0.35)) ** 2))
    rolling = 0.5 + 0.3 * broad + 0.3 * sample("smooth", x * 17 + o[4], z * 17 + o[5])
    rise = step(scene.hills_from * 0.4, scene.hills_from * 2.2, z)
    land += scene.hills * rise * lean * np.maximum(rolling, 0)
    if scene.mountains:
        land += _mountains(scene, x, z) * lean
    if scene.bank:
        edge = 0.65 * scene.bank * (1 + 0.35 * broad) - 0.6 * scene.lean * x
        land += step(0.25, -0.45, z - edge) * (0.22 * scene.camera - low)
    mounds = sample("smooth", x * 44 + o[9], z * 44 + o[1])
    land += scene.camera * 0.11 * mounds * step(0.0, 0.08, land) * step(6.0, 2.0, z)
    land += 0.012 * sample("rough", x * 60 + o[6], z * 60 + o[7]) * step(0.0, 0.1, land)
    ceiling = scene.camera * (0.45 + 0.1 * mounds) + 0.14 * np.maximum(z - 0.6, 0) ** 1.5
    return np.maximum(np.minimum(land, ceiling), 0)


def _canopy(scene: Scene, x: Floats, z: Floats, height: Floats) -> Floats:
    """How high the tops of a wood stand above its ground."""
    o = scene.offsets
    woods = step(0.22, 0.42, forest(scene, x, z)) * step(1.2, 2.6, z) * (height > 0.03)
    return woods * (0.07 + 0.035 * nearest("grain", x * 150 + o[6], z * 150 + o[7]))


def _mountains(scene: Scene, x: Floats, z: Floats) -> Floats:
    """Ridges: noise folded at zero, finer ones on the slopes of the broader ones."""
    o, scale = scene.offsets, 22 / scene.ridge
    crest = 1 - np.abs(sample("smooth", x * scale + o[8], z * scale + o[9])) * 0.75
    fine = 1 - np.abs(sample("smooth", x * scale * 4.3 + o[9], z * scale * 4.3 + o[8]))
    stone = sample("rough", x * scale * 9 + o[4], z * scale * 9 + o[5])
    crest = np.maximum(crest, 0)
    shape = crest * crest * (0.75 + 0.25 * fine) + crest * 0.05 * stone
    return scene.mountains * shape * step(scene.mountains_from * 0.6, scene.mountains_from * 1.6, z)


def forest(scene: Scene, x: Floats, z: Floats) -> Floats:
    """Above 0.3 there is wood."""
    o = scene.offsets
    patches = sample("smooth", x * 26 + o[10], z * 26 + o[11])
    return 0.25 * patches + np.float32(scene.forest - 0.25)


def _lit(
    scene: Scene, height: Floats, depth: Floats, across: Floats
) -> tuple[Floats, Floats, Floats]:
    """Sunlight, skylight and slope on the grid of heights (K W)."""
    width = depth / np.float32(scene.focal)  # of the picture, at that distance
    step_x = across[1] - across[0]
    dx = np.empty_like(height)
    dx[:, 1:-1] = height[:, 2:] - height[:, :-2]
    dx[:, 0], dx[:, -1] = dx[:, 1], dx[:, -2]
    dx /= 2 * step_x * width
    dz = np.empty_like(height)
    dz[1:] = (height[1:] - height[:-1]) / (depth[1:] - depth[:-1])
    dz[0] = dz[1]
    dz -= dx * (across / np.float32(scene.focal))
    bend = 1 / np.sqrt(1 + dx * dx + dz * dz)
    sx, sy, sz = _towards_sun(scene)
    sun = np.maximum((sy - dx * sx - dz * sz) * bend, 0)
    sun *= _shadow(height, width * step_x, sx, sy)
    sky = 0.35 + 0.65 * bend
    return sun, sky, 1 - bend


def _towards_sun(scene: Scene) -> tuple[float, float, float]:
    """Unit vector; a sun outside the picture stands beside the viewer and lights the land."""
    beside = abs(scene.sun_x) > 0.5
    vector = np.array([scene.sun_x * 1.2, max(scene.sun_y, 0.12), -0.35 if beside else 0.8])
    x, y, z = vector / np.linalg.norm(vector)
    return float(x), float(y), float(z)


def _shadow(height: Floats, cell: Floats, sx: float, sy: float) -> Floats:
    """0 where higher land stands between a point and the sun, seen across the picture only."""
    fall = np.float32(sy / max(abs(sx), 0.15)) * cell  # K 1: the ray sinks so much a column
    columns = np.arange(height.shape[1], dtype=np.float32)
    facing = height if sx < 0 else height[:, ::-1]
    ray = np.maximum.accumulate(facing + fall * columns, axis=1) - fall * columns
    hidden = ray - facing
    hidden = hidden if sx < 0 else hidden[:, ::-1]
    return 1 - 0.85 * step(0.0, 0.08, hidden)


def _visible(rows: Floats, n: int) -> tuple[npt.NDArray, Floats, npt.NDArray[np.bool_]]:
    """For each pixel the first sample along its ray that reaches it (flat index), and between."""
    samples = rows.shape[0]
    top = np.minimum.accumulate(rows, axis=0)
    entry = np.clip(np.ceil(top - 0.5), 0, n).astype(np.intp)  # first row that sample k covers
    entry *= n
    entry += np.arange(n)
    covered = np.bincount(entry.reshape(-1), minlength=(n + 1) * n).reshape(n + 1, n)[:n]
    first = samples - np.cumsum(covered, axis=0)  # H W
    seen = first < samples
    np.minimum(first, samples - 1, out=first)
    first = first * n + np.arange(n)
    flat = rows.reshape(-1)
    after = flat.take(first)
    before = flat.take(np.maximum(first - n, first % n))
    target = (np.arange(n, dtype=np.float32) + 0.5)[:, None]
    part = np.clip((before - target) / np.maximum(before - after, 1e-4), 0, 1)
    return first, part.astype(np.float32), seen
