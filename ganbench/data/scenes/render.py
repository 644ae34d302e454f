"""From a scene to the picture that a camera sees."""

import numpy as np

from ganbench.data.scenes.boats import sail
from ganbench.data.scenes.noise import Floats
from ganbench.data.scenes.scene import Scene
from ganbench.data.scenes.shading import albedo, lit
from ganbench.data.scenes.sky import air, sky
from ganbench.data.scenes.terrain import ground
from ganbench.data.scenes.tone_mapping import expose
from ganbench.data.scenes.trees import plant
from ganbench.data.scenes.water import flood


def render(scene: Scene, n: int) -> Floats:
    """The scene on n by n pixels, 0 to 1 as on a screen; 3 n n."""
    across = (np.arange(n, dtype=np.float32) + 0.5) / n - 0.5
    up = np.float32(scene.horizon) - (np.arange(n, dtype=np.float32)[:, None] + 0.5) / n
    land = ground(scene, n)
    haze = air(scene, across[None], np.full((1, 1), 0.02, np.float32))  # 3 1 W
    shown = lit(scene, land, albedo(scene, land))
    thick = 1 - np.exp(-land.z * np.float32(scene.haze) * np.exp(np.float32(-0.25) * land.height))
    shown += thick * (haze - shown)
    horizon = int(np.ceil(scene.horizon * n))
    with_sky = np.nonzero(~land.seen.all(axis=1))[0]
    rows = max(horizon, land.top, int(np.max(with_sky, initial=-1)) + 1 + land.top)
    above = sky(scene, np.broadcast_to(across, (rows, n)), np.broadcast_to(up[:rows], (rows, n)))
    picture = np.empty((3, n, n), np.float32)
    picture[:, :rows] = above
    np.copyto(picture[:, land.top :], shown, where=land.seen)
    flood(scene, land, above, picture)
    sail(scene, land, picture, haze)
    plant(scene, land, picture, haze)
    return expose(scene, picture)
