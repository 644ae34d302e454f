"""Small boats with a sail, and what the water shows of them."""

import numpy as np

from ganbench.data.scenes.light import linear
from ganbench.data.scenes.noise import Floats, generator, plane, step
from ganbench.data.scenes.scene import Scene
from ganbench.data.scenes.terrain import Ground

SAILS = ("f4ece0", "e8d8b8", "c86a3c", "f0f0f4")


def sail(scene: Scene, land: Ground, picture: Floats, haze: Floats) -> None:
    """Draw the boats on open water, in place (3 H W)."""
    n = picture.shape[1]
    draw = generator(int(scene.offsets[1] * 1000), 5)
    for _ in range(scene.boats):
        column = int(draw.uniform(0.12, 0.88) * n)
        away = float(draw.uniform(1.8, 6))
        tall = float(draw.uniform(0.14, 0.22)) * scene.focal / away
        lean, code = float(draw.uniform(-0.25, 0.25)), SAILS[int(draw.integers(len(SAILS)))]
        near = np.nonzero(land.water[:, column] & (land.z[:, column] <= away))[0]
        if len(near):
            place = (column + 0.5) / n, (near[0] + land.top) / n
            _boat(scene, picture, haze, place, tall, lean, code, 1 - np.exp(-away * scene.haze))


def _boat(
    scene: Scene,
    picture: Floats,
    haze: Floats,
    place: tuple[float, float],
    tall: float,
    lean: float,
    code: str,
    air: float,
) -> None:
    n = picture.shape[1]
    left, right = int((place[0] - tall) * n), int((place[0] + tall) * n) + 2
    top, bottom = int((place[1] - 1.1 * tall) * n), int((place[1] + tall) * n) + 2
    left, right, top, bottom = max(left, 0), min(right, n), max(top, 0), min(bottom, n)
    p = ((np.arange(left, right, dtype=np.float32) + 0.5) / n - place[0]) / tall
    q = ((place[1] - (np.arange(top, bottom, dtype=np.float32) + 0.5) / n) / tall)[:, None]
    above = np.abs(q)
    mirrored = np.where(q < 0, np.float32(0.4), np.float32(1))
    soft = 1.2 / (tall * n)
    x = p - lean * above
    rise = np.maximum(1 - above, 0)
    main = np.minimum(0.34 * rise**0.8 - np.abs(x - 0.02 - 0.17 * (1 - above)), above - 0.16)
    jib = np.minimum(0.2 * (0.8 - above) - np.abs(x + 0.1 + 0.06 * (1 - above)), above - 0.14)
    cloth = step(-soft, soft, np.maximum(main, jib)) * mirrored
    hull = step(-soft, soft, np.minimum(0.12 - above, 0.42 + above * 0.6 - np.abs(p))) * mirrored
    light = np.array(scene.light.sun, np.float32) * 0.5 + np.array(scene.light.shade, np.float32)
    patch = picture[:, top:bottom, left:right]
    for cover, paint in ((hull, "3a2c26"), (cloth, code)):
        seen = plane(np.array(linear(paint), np.float32) * light)
        seen = seen + np.float32(air) * (haze[:, :, left:right] - seen)
        patch += cover * (seen - patch)
