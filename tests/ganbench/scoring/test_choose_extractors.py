"""Which extractors look, which leads, and what is said of those that cannot be had."""

from dataclasses import replace
from pathlib import Path

import pytest

from ganbench.errors import InputError
from ganbench.scoring import find_weights
from ganbench.scoring.choose_extractors import choose
from ganbench.scoring.find_weights import Found
from metrics.extractors import registry
from metrics.extractors.release import INCEPTION


@pytest.fixture
def there(monkeypatch):
    """Decide which releases are found: `there("Inception")`."""

    def decide(*found):
        def find(option, told, offline, release):
            if option or release.what in found:
                return Found(option or Path(f"/{release.filename}"), "cache")
            return Found(None, "none", f"no {release.what}")

        monkeypatch.setattr(find_weights, "find", find)

    return decide


def chosen(*names, option=None):
    return choose(names, option, lambda *_: None)


def test_with_official_weights_inception_leads_and_lite0_stands_beside(there):
    there("Inception", "EfficientNet-Lite0")
    found = chosen()
    assert found.names == ["inception", "efficientnet-lite0"] and not found.left_out
    assert found.chosen[0].weights == Path(f"/{INCEPTION.filename}")
    assert found.reason == "its weights are here, and FID is measured with it"


def test_without_them_lite0_leads_and_the_reason_says_so(there):
    there("EfficientNet-Lite0")
    found = chosen()
    assert found.names == ["efficientnet-lite0"] and not found.left_out
    assert found.reason == "it comes with ganbench; no Inception"


def test_a_missing_second_one_is_left_out_with_a_word(there):
    there("Inception")
    found = chosen()
    assert found.names == ["inception"]
    assert found.left_out == ("efficientnet-lite0 is left out: no EfficientNet-Lite0",)


def test_with_neither_nothing_is_judged_and_random_weights_are_only_named(there):
    there()
    with pytest.raises(InputError, match="no Inception; no EfficientNet-Lite0") as caught:
        chosen()
    assert "random-inception sees little" in caught.value.hint


def test_a_named_one_leads_or_the_run_does_not_start(there):
    there("EfficientNet-Lite0")
    found = chosen("efficientnet-lite0", "inception")
    assert found.names == ["efficientnet-lite0"] and found.reason == "it was named first"
    assert found.left_out == ("inception is left out: no Inception",)
    with pytest.raises(InputError, match="inception cannot be had: no Inception"):
        chosen("inception", "efficientnet-lite0")
    assert chosen("random-inception").names == ["random-inception"]


def test_weights_that_are_named_are_inceptions(there, tmp_path):
    there("EfficientNet-Lite0")
    assert chosen(option=tmp_path / "w.pth").chosen[0].weights == tmp_path / "w.pth"


def test_a_package_that_an_extractor_needs_is_named(there, monkeypatch):
    there("Inception", "EfficientNet-Lite0")
    needy = replace(registry.get("efficientnet-lite0"), needs=("no_such_package",), install="do x")
    monkeypatch.setattr(registry, "get", lambda name, plugins: needy)
    with pytest.raises(InputError, match="no_such_package is not installed: do x"):
        chosen("efficientnet-lite0")
