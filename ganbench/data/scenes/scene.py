"""What a scene is before it is drawn: light, land, sky and trees, all drawn from one key."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ganbench.data.scenes.light import LIGHTS, Light
from ganbench.data.scenes.noise import generator


@dataclass(frozen=True)
class Scene:
    """Everything that is decided before drawing. Lengths in units of about a hundred metres."""

    light: Light
    season: str  # summer, spring, autumn, winter, dry
    sun_x: float  # where the sun stands, in picture widths from the middle (may be outside)
    sun_y: float  # its height as a slope
    horizon: float  # row of the horizon, 0 top, 1 bottom
    focal: float  # in picture widths
    camera: float  # height above the water
    haze: float
    lowland: tuple[float, float]  # height in the middle, and how much it varies
    hills: float
    hills_from: float
    mountains: float
    mountains_from: float
    ridge: float  # width of a mountain
    bank: float  # how far the near shore reaches, 0 for none
    lean: float  # -1: the heights stand left, 1: right
    valley: float  # how deep a valley runs towards the viewer
    forest: float  # share of the land
    fields: float  # how much of the rest is ploughed and sown
    snowline: float
    flowers: float
    wind: float  # ripples on the water
    cover: float  # of clouds
    puff: float  # 0 flat layers of cloud, 1 heaps
    cirrus: float
    trees: tuple[tuple[str, float, float, float, int], ...]  # kind, x, z, height, number
    boats: int
    offsets: tuple[float, ...]  # where in the noise this scene lies


KINDS = ("alps", "lake", "hills", "river", "coast", "plain", "wood", "alps", "lake", "hills")

# Which hours and weathers a kind of land is seen in; a name given twice is seen twice as often.
HOURS = ["noon"] * 5 + ["morning"] * 3 + ["golden"] * 3 + ["sunset"] * 2
HOURS += ["dusk", "moon", "overcast", "overcast", "storm", "storm", "mist"]


def scene(*key: int) -> Scene:
    """The scene of a key: a pure function, independent of any other scene."""
    draw = generator(*key)
    kind = KINDS[int(draw.integers(len(KINDS)))]
    hour = HOURS[int(draw.integers(len(HOURS)))]
    light = LIGHTS[hour]
    season = str(draw.choice(["summer", "summer", "spring", "autumn", "winter", "dry"]))
    if kind == "coast" and season == "winter":
        season = "dry"
    land = _land(kind, draw)
    snowline = {"winter": -1.0, "summer": 2.6, "dry": 4.5}.get(season, 1.8)
    return Scene(
        light=light,
        season=season,
        sun_x=_sign(draw) * float(draw.uniform(*_sun_range(hour))),
        sun_y=float(draw.uniform(*light.elevation)),
        haze=float(draw.uniform(*light.haze)),
        snowline=snowline + float(draw.uniform(-0.4, 0.4)),
        flowers=float(draw.uniform(0.2, 1)) if season == "spring" or draw.random() < 0.2 else 0.0,
        wind=float(draw.uniform(0.05, 1) ** 1.5),
        cover=float(draw.uniform(*light.cover)),
        puff=float(draw.random()),
        cirrus=float(max(0, draw.uniform(-0.5, 1))),
        offsets=tuple(float(o) for o in draw.uniform(0, 4096, 12)),
        boats=max(0, int(draw.integers(-3, 4))) if kind in ("lake", "coast", "river") else 0,
        trees=_trees(kind, season, draw),
        **land,
    )


def _sign(draw: np.random.Generator) -> float:
    return -1.0 if draw.random() < 0.5 else 1.0


def _sun_range(hour: str) -> tuple[float, float]:
    """A low sun may stand in the picture; a high one lights it from the side."""
    return (0.05, 0.45) if hour in ("sunset", "dusk", "moon", "mist") else (0.35, 1.4)


def _land(kind: str, draw: np.random.Generator) -> dict[str, Any]:

    def u(low: float, high: float) -> float:
        return float(draw.uniform(low, high))

    land: dict[str, Any] = {
        "horizon": u(0.42, 0.6),
        "focal": u(0.9, 1.5),
        "camera": u(0.25, 0.6),
        "lowland": (0.1, 0.12),
        "hills": u(0.2, 0.8),
        "hills_from": u(3, 8),
        "mountains": 0.0,
        "mountains_from": u(8, 16),
        "ridge": u(4, 9),
        "bank": 0.0,
        "lean": u(-1, 1),
        "valley": u(0, 0.8),
        "forest": u(0.1, 0.7),
        "fields": 0.0,
    }
    if kind == "alps":
        land |= {"mountains": u(4, 9), "horizon": u(0.5, 0.68), "forest": u(0.3, 0.8)}
    elif kind == "lake":
        land |= {"mountains": u(1, 7), "lowland": (u(-0.22, -0.09), 0.18), "horizon": u(0.42, 0.6)}
        land |= {"bank": u(1.5, 2.8) if u(0, 1) < 0.5 else 0.0}
    elif kind == "hills":
        land |= {"hills": u(0.8, 1.8), "hills_from": u(2.5, 7), "fields": u(0.5, 1)}
        land |= {"camera": u(0.5, 1.1), "horizon": u(0.3, 0.5)}
    elif kind == "river":
        land |= {"lowland": (u(-0.07, -0.02), 0.13), "valley": u(0.6, 1), "camera": u(0.2, 0.4)}
        land |= {"bank": u(1.5, 2.8) if u(0, 1) < 0.5 else 0.0}
    elif kind == "coast":
        land |= {"lowland": (u(-0.36, -0.16), 0.3), "hills": u(0.3, 1.4), "hills_from": u(2, 6)}
        land |= {"lean": _sign(draw) * u(1, 1.6), "horizon": u(0.35, 0.6)}
        land |= {"bank": u(1.5, 2.8) if u(0, 1) < 0.45 else 0.0}
    elif kind == "plain":
        land |= {"hills": u(0.05, 0.3), "fields": u(0.3, 1), "horizon": u(0.58, 0.74)}
        land |= {"forest": u(0, 0.35), "camera": u(0.15, 0.35)}
    else:
        land |= {"forest": u(0.8, 1.1), "hills": u(0.6, 1.6), "hills_from": u(2.5, 6)}
        land |= {"camera": u(0.4, 0.9), "horizon": u(0.3, 0.5)}
    return land


def _trees(
    kind: str, season: str, draw: np.random.Generator
) -> tuple[tuple[str, float, float, float, int], ...]:
    """Groups of single trees, far ones first."""
    names = ["round", "round", "poplar", "pine"] if kind != "coast" else ["round", "pine"]
    groups = []
    for _ in range(int(draw.choice([0, 1, 2, 2, 3, 4]))):
        name = str(draw.choice(names))
        if season in ("winter",) and name != "pine":
            name = "bare"
        z = float(np.exp(draw.uniform(np.log(0.8), np.log(5))))
        height = float(draw.uniform(0.2, 0.46)) * (1.3 if name == "poplar" else 1)
        side = _sign(draw) * float(draw.uniform(0.12, 0.5))
        groups.append((name, side, z, height, int(draw.integers(1, 3 if z < 1.6 else 7))))
    return tuple(sorted(groups, key=lambda group: -group[2]))
