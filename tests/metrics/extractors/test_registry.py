"""Extractors by name: what each says of itself, and plugins."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

import metrics
from metrics.errors import InputError
from metrics.extractors import registry
from metrics.extractors.extractor import Extractor
from metrics.extractors.identity import RESIZES

EXAMPLES = Path(__file__).parents[3] / "examples"
COLOURS = EXAMPLES / "colour_extractor.py"
DOCS = EXAMPLES.parent / "docs" / "extractors.md"
MARK = "<!-- extractors: written by tests/metrics/extractors/test_registry.py -->"
TABLE = re.compile(re.escape(MARK) + r"\n(\|.*\n)*")


@pytest.mark.parametrize("name", registry.names())
def test_every_extractor_says_what_it_is(name):
    spec = registry.get(name)
    assert spec.about and spec.licence and spec.paper
    assert set(spec.resizes) <= RESIZES.keys()
    assert spec.features > 0 and spec.side > 0 and re.fullmatch("[a-z0-9_]+", spec.key)
    fingerprint = spec.release.sha256 if spec.release else spec.sha256
    assert re.fullmatch("[0-9a-f]{64}", fingerprint)


def page_table() -> str:
    """The rows of docs/extractors.md."""
    heads = ("name", "shown as", "features", "pixels, resize", "a pixel x becomes", "weights")
    lines = [f"| {' | '.join((*heads, 'licence', 'paper'))} |"]
    lines += ["|---|---|---|---|---|---|---|---|"]
    for spec in map(registry.get, registry.names()):
        resize = " or ".join(
            RESIZES[r].format(side=spec.side).partition(" (")[0] for r in spec.resizes
        )
        cells = (
            *(f"`{spec.name}`", spec.title, f"{spec.features:,}", resize, spec.normalisation),
            *(_where(spec.release), spec.licence, spec.paper),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _where(release) -> str:
    if release is None:
        return "fixed random numbers"
    source = f"package `{release.package}`" if release.package else "download"
    return f"{source}, {release.size_bytes / 2**20:.0f} MiB, sha256 {release.sha256[:8]}"


def test_the_page_lists_them_as_they_are():
    page = DOCS.read_text(encoding="utf-8")
    if os.environ.get("GANBENCH_WRITE_DOCS"):
        page = TABLE.sub(lambda _: f"{MARK}\n{page_table()}\n", page)
        DOCS.write_text(page, encoding="utf-8")
    assert page_table() in page


def test_no_two_share_a_key_or_a_title():
    specs = [registry.get(name) for name in registry.names()]
    assert len({spec.key for spec in specs}) == len({spec.title for spec in specs}) == len(specs)


def pictures(seed: int, brightest: int = 256) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, brightest, (6, 20, 20, 3), dtype=np.uint8)


def test_the_example_plugin_is_found_and_sees_colours():
    assert registry.names((COLOURS,))[-1] == "colours"
    extractor = Extractor(registry.get("colours", (COLOURS,)))
    seen = extractor.features(pictures(0)).pool
    assert seen.shape == (6, 24)
    np.testing.assert_allclose(seen.sum(1), 3, rtol=1e-5)  # shares of three channels
    found = metrics.score(
        pictures(0), pictures(1, 60), ["fid"], extractor="colours", plugins=[COLOURS]
    )
    assert found["colours_fd"].title == "Colours FD" and found["colours_fd"].value > 0.1


def test_a_plugin_that_breaks_its_promise_is_one_sentence(tmp_path):
    file = tmp_path / "colour_extractor.py"
    file.write_text(COLOURS.read_text().replace("features=3 * BINS", "features=25"))
    extractor = Extractor(registry.get("colours", (file,)))
    with pytest.raises(InputError, match=r"gives an array of shape \(4, 24\) where pictures x 25"):
        extractor.features(pictures(0))
