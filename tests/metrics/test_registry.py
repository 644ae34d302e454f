import subprocess
import sys
from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest

from metrics import registry
from metrics.errors import InputError
from metrics.registry import Metric

OFFICIAL = SimpleNamespace(official=True, name="Inception 2015-12-05", key="inception")
RANDOM = SimpleNamespace(official=False, name="random-Inception", key="random_inception")
OTHER = SimpleNamespace(
    official=False, name="Inception (weights 12ab34cd)", key="inception_12ab34cd"
)


def plug_in(monkeypatch, *points: tuple[str, str]) -> None:
    found = [EntryPoint(name, value, registry.GROUP) for name, value in points]
    monkeypatch.setattr(registry, "entry_points", lambda group: found)


@pytest.mark.parametrize("name", registry.names())
def test_every_metric_says_what_it_is(name):
    metric = registry.get(name)
    assert metric.name == name
    assert metric.better in ("lower", "higher") and metric.version >= 1
    assert metric.needs and metric.protocol


@pytest.mark.parametrize("name", registry.names())
def test_only_official_weights_give_the_published_name(name):
    metric = registry.get(name)
    assert metric.called(OFFICIAL) == (metric.name, metric.title)
    for extractor in (RANDOM, OTHER):
        key, title = metric.called(extractor)
        assert metric.name not in key and metric.title not in title
        assert extractor.key in key and extractor.name in title


def test_the_names_under_random_weights_are_fixed():
    assert registry.get("fid").called(RANDOM) == ("random_inception_fd", "random-Inception FD")
    mifid = registry.get("mifid")
    assert mifid.called(RANDOM) == (mifid.key_without_weights, mifid.title_without_weights)
    assert mifid.called(RANDOM) == ("random_inception_mifd", "random-Inception MiFD")
    assert mifid.called(OTHER)[1] == "Inception (weights 12ab34cd) MiFD"


def test_an_unknown_name_gets_the_nearest_and_the_list():
    with pytest.raises(InputError, match="no metric 'FIDD'") as caught:
        registry.get("FIDD")
    assert caught.value.hint == "did you mean fid? metrics: fid, mifid"


def test_an_installed_plugin_is_found_by_its_entry_point(monkeypatch):
    plug_in(monkeypatch, ("mine", "metrics.fid:FID"), ("fid", "somewhere.else:X"))
    assert registry.names() == ["fid", "mifid", "mine"]
    assert isinstance(registry.get("mine"), Metric)
    assert registry.get("fid").title == "FID"  # a plugin cannot replace a built-in one


def test_a_broken_plugin_is_named(monkeypatch):
    plug_in(monkeypatch, ("gone", "no.such.module:X"), ("odd", "metrics.fid:ENOUGH"))
    with pytest.raises(InputError, match=r"metric gone \(no.such.module:X\) does not load"):
        registry.get("gone")
    with pytest.raises(InputError, match=r"metric odd .* is no metrics\.registry\.Metric"):
        registry.get("odd")


def test_metrics_import_without_torch():
    code = (
        "import sys, metrics.registry as r; [r.get(n) for n in r.names()]; import metrics.official"
    )
    code += "; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
