"""Hours of the day and weathers: what falls on the land, and what the sky looks like."""

from dataclasses import dataclass

Colour = tuple[float, float, float]


def linear(code: str) -> Colour:
    """A colour as seen on a screen (#rrggbb) in amounts of light."""
    red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red**2.2, green**2.2, blue**2.2


@dataclass(frozen=True)
class Light:
    """One hour and weather. Colours are amounts of light."""

    sun: Colour  # what falls on the ground from the sun
    shade: Colour  # what falls on the ground from the sky
    zenith: Colour
    horizon: Colour
    cloud: Colour  # the lit side
    belly: Colour  # the dark side
    elevation: tuple[float, float]  # of the sun, as a slope
    haze: tuple[float, float]  # per unit of distance
    cover: tuple[float, float]  # of clouds
    glow: float  # of the air around the sun
    key: float  # how bright the photograph is on the whole
    colour: float  # how colourful


def _light(codes: str, strength: float, **rest: tuple[float, float] | float) -> Light:
    """`codes`: the six colours of a Light, in its order; `strength` of the first, the sun."""
    sun, *others = (linear(code) for code in codes.split())
    bright = (sun[0] * strength, sun[1] * strength, sun[2] * strength)
    return Light(bright, *others, **rest)  # type: ignore[arg-type]


LIGHTS = {
    "noon": _light(
        "fff4e0 7d9cc8 2c62ad a9c9e6 ffffff 8f9fb4",
        strength=1.9,
        elevation=(0.7, 1.4),
        haze=(0.006, 0.02),
        cover=(0.1, 0.6),
        glow=0.15,
        key=0.2,
        colour=0.85,
    ),
    "morning": _light(
        "ffe0b0 8aa0c4 5b8fcb e6dccb fff2e0 9aa4b8",
        strength=1.6,
        elevation=(0.3, 0.6),
        haze=(0.02, 0.05),
        cover=(0.0, 0.5),
        glow=0.45,
        key=0.2,
        colour=0.9,
    ),
    "golden": _light(
        "ffbf70 6e83b0 4a7cb8 f3cf9a ffd9a0 94808c",
        strength=2.0,
        elevation=(0.14, 0.3),
        haze=(0.015, 0.04),
        cover=(0.1, 0.6),
        glow=0.7,
        key=0.18,
        colour=0.85,
    ),
    "sunset": _light(
        "ff9a58 666c94 2c4a86 f2a872 ff9d6e 5a4c66",
        strength=1.4,
        elevation=(0.02, 0.1),
        haze=(0.015, 0.035),
        cover=(0.3, 0.8),
        glow=0.8,
        key=0.15,
        colour=0.9,
    ),
    "dusk": _light(
        "e8a0a0 66749c 1e3560 d8a898 b88c98 3c4868",
        strength=0.3,
        elevation=(0.03, 0.08),
        haze=(0.02, 0.04),
        cover=(0.1, 0.6),
        glow=0.3,
        key=0.14,
        colour=0.85,
    ),
    "moon": _light(
        "a8c4f0 45598c 101c40 4a6590 8fa6c8 22305a",
        strength=0.35,
        elevation=(0.3, 0.5),
        haze=(0.02, 0.05),
        cover=(0.0, 0.5),
        glow=0.25,
        key=0.09,
        colour=0.6,
    ),
    "overcast": _light(
        "dfe4ea aab4c2 98a4b2 d3d8da e4e6e8 7f8894",
        strength=0.45,
        elevation=(0.5, 1.0),
        haze=(0.03, 0.07),
        cover=(0.7, 1.0),
        glow=0.05,
        key=0.19,
        colour=0.8,
    ),
    "storm": _light(
        "f0d8a0 6f7a8c 3e4856 a7a89c b4b0a6 343b48",
        strength=0.7,
        elevation=(0.3, 0.6),
        haze=(0.02, 0.05),
        cover=(0.75, 1.0),
        glow=0.1,
        key=0.13,
        colour=0.8,
    ),
    "mist": _light(
        "f2e6d8 b0bac6 a9b8c8 dcdfe0 eeeeee b8c0c8",
        strength=0.5,
        elevation=(0.15, 0.4),
        haze=(0.03, 0.075),
        cover=(0.0, 0.4),
        glow=0.5,
        key=0.22,
        colour=0.75,
    ),
}
