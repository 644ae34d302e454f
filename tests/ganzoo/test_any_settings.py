"""Whatever is typed or written for a setting: settings that can be built, or one sentence."""

import dataclasses
import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ganzoo.errors import InputError
from ganzoo.settings import DCGAN, PROFILES, CycleGANResNet, CycleGANUNet, resolve

KINDS = [DCGAN, CycleGANUNet, CycleGANResNet]
NAMES = sorted({field.name for kind in KINDS for field in dataclasses.fields(kind)})
HUGE = [10**400, -(10**400), 10**4000, 2**63, "1e400", "9" * 5000, "-0", "1-" * 3000, "8-0-8"]
value = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from([*HUGE, "group", "nan", "color-cutout", "\x1b[2J", "\ud800"])
    | st.lists(st.integers() | st.sampled_from(HUGE), max_size=5)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
)


@settings(derandomize=True, max_examples=200, deadline=None, database=None)
@given(
    kind=st.sampled_from(KINDS),
    overrides=st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), value, max_size=2),
    size=st.sampled_from([16, 31, 32, 64, 256, 1024]),
    profile=st.sampled_from(sorted(PROFILES)),
)
@example(kind=CycleGANUNet, overrides={"depth": 10**14}, size=64, profile="official")
@example(kind=CycleGANUNet, overrides={"d_layers": 10**14}, size=64, profile="official")
@example(kind=CycleGANUNet, overrides={"encoder": (10**14, 2)}, size=64, profile="official")
@example(kind=DCGAN, overrides={"beta1": 1.0}, size=64, profile="official")
def test_any_override_of_any_setting(kind, overrides, size, profile):
    try:
        found = resolve(kind, "model", overrides, profile)
        found.check(size)
    except InputError as mistake:
        assert str(mistake).isprintable() and len(str(mistake)) < 400
        return
    for number in vars(found).values():
        assert not isinstance(number, float) or math.isfinite(number)
    assert 1 <= found.width <= 8192 and 1 <= found.batch <= 65_536


@pytest.mark.parametrize(
    ("kind", "overrides", "words"),
    [
        (CycleGANUNet, {"depth": 10**14}, "depth=100000000000000 must lie between 0 and 6"),
        (CycleGANResNet, {"d_layers": 10**14}, "d_layers=100000000000000 must be at most 8"),
        (CycleGANResNet, {"blocks": 10**9}, "blocks=1000000000 must be at most 256"),
        (CycleGANUNet, {"encoder": (8, 10**9, 8)}, "at most 65,536 filters"),
        (DCGAN, {"batch": 10**9}, "batch=1000000000 must be at most 65,536"),
        (DCGAN, {"beta2": 1.0}, "beta2=1.0 must be at least 0 and below 1"),
        (DCGAN, {"init_std": -1.0}, "init_std=-1.0 must not be negative"),
        (DCGAN, {"width": 10**5000}, "width=a number of thousands of digits"),
    ],
)
def test_numbers_beyond_all_measure_are_refused_before_anything_is_built(kind, overrides, words):
    with pytest.raises(InputError, match=words):
        resolve(kind, "model", overrides).check(64)
