import os
import subprocess
import sys
from dataclasses import fields, replace
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest

from metrics import addresses, registry
from metrics.errors import InputError
from metrics.fid import FID
from metrics.registry import Metric
from metrics.sample import Sample

EXAMPLE = Path(__file__).parents[2] / "examples" / "colour_distance.py"

OFFICIAL = SimpleNamespace(official=True, name="Inception 2015-12-05", key="inception")
RANDOM = SimpleNamespace(official=False, name="random-Inception", key="random_inception")
OTHER = SimpleNamespace(
    official=False, name="Inception (weights 12ab34cd)", key="inception_12ab34cd"
)


def plug_in(monkeypatch, *points: tuple[str, str]) -> None:
    found = [EntryPoint(name, value, registry.GROUP) for name, value in points]
    monkeypatch.setattr(addresses, "_installed", lambda group: found)


@pytest.mark.parametrize("name", registry.names())
def test_every_metric_says_what_it_is(name):
    metric = registry.get(name)
    assert metric.name == name
    assert metric.better in get_args(registry.Better) and metric.version >= 1
    assert metric.needs and metric.protocol
    assert metric.about[:1].islower() or metric.about.startswith("FID")
    assert metric.kind in get_args(registry.Kind)
    assert set(metric.needs) <= {field.name for field in fields(Sample)}


@pytest.mark.parametrize("name", registry.names())
def test_only_official_weights_give_the_published_name(name):
    metric = registry.get(name)
    assert metric.called(OFFICIAL) == (metric.name, metric.title)
    if not metric.sees_features:  # no network, so no weights that could be others
        assert metric.called(RANDOM) == metric.called(None) == (metric.name, metric.title)
        return
    for extractor in (RANDOM, OTHER):
        key, title = metric.called(extractor)
        assert key != metric.name and title != metric.title
        assert "FID" not in title and "KID" not in title
        assert extractor.key in key and extractor.name in title


def test_which_metrics_see_what_a_network_saw_is_fixed():
    pixels = [name for name in registry.names() if not registry.get(name).sees_features]
    translators = ["input_change", "input_match", "cycle_error", "truth_error"]
    assert pixels == ["fwd", "mesh", *translators]


def test_the_names_under_random_weights_are_fixed():
    assert registry.get("fid").called(RANDOM) == ("random_inception_fd", "random-Inception FD")
    mifid = registry.get("mifid")
    assert mifid.called(RANDOM) == ("random_inception_mifd", "random-Inception MiFD")
    assert mifid.called(OTHER)[1] == "Inception (weights 12ab34cd) MiFD"


def test_an_unknown_name_gets_the_nearest_and_the_list():
    with pytest.raises(InputError, match="no metric 'FIDD'") as caught:
        registry.get("FIDD")
    assert caught.value.hint == f"did you mean fid? metrics: {', '.join(registry.names())}"


def test_an_installed_plugin_is_found_by_its_entry_point(monkeypatch):
    plug_in(monkeypatch, ("mine", f"{__name__}:MINE"), ("fid", "somewhere.else:X"))
    monkeypatch.setitem(sys.modules, __name__, SimpleNamespace(MINE=replace(FID, name="mine")))
    assert registry.names() == [*registry.BUILT_IN, "mine"]
    assert isinstance(registry.get("mine"), Metric)
    assert registry.get("fid").title == "FID"  # a plugin cannot replace a built-in one


def test_a_broken_plugin_is_named(monkeypatch):
    plug_in(monkeypatch, ("gone", "no.such.module:X"), ("odd", "metrics.fid:ENOUGH"))
    with pytest.raises(InputError, match=r"metric gone \(no.such.module:X\) does not load"):
        registry.get("gone")
    with pytest.raises(InputError, match=r"metric odd .* is no metrics\.registry\.Metric"):
        registry.get("odd")
    plug_in(monkeypatch, ("better_fid", "metrics.fid:FID"))
    with pytest.raises(InputError, match=r"metric better_fid .* calls itself fid"):
        registry.get("better_fid")


def test_a_plugin_file_is_read_without_running_it_and_loaded_when_asked_for(tmp_path):
    trap = tmp_path / "trap.py"
    trap.write_text(f'open(r"{tmp_path}/ran", "w")\nM = Metric(name="trap", title="Trap")\n')
    assert registry.names((trap, EXAMPLE))[-2:] == ["trap", "colour_distance"]
    assert not (tmp_path / "ran").exists()
    metric = registry.get("colour_distance", (trap, EXAMPLE))
    assert metric.title == "colour distance"
    assert not (tmp_path / "ran").exists()


def test_a_plugin_file_may_hold_dataclasses_and_runs_once_until_it_changes(tmp_path, capsys):
    file = tmp_path / "my_distance.py"
    modern = "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    body = "\n@dataclass\nclass Palette:\n    colours: int = 3\n\nprint('ran')\n"
    text = modern + EXAMPLE.read_text().replace("import numpy", body + "import numpy", 1)
    file.write_text(text)
    for _ in range(2):
        metric = registry.get("colour_distance", (file,))
    assert (metric.title, capsys.readouterr().out) == ("colour distance", "ran\n")
    file.write_text(text.replace('title="colour', 'title="mean colour'))
    assert registry.get("colour_distance", (file,)).title == "mean colour distance"


def test_the_example_plugin_measures_the_mean_colour():
    metric = registry.get("colour_distance", (EXAMPLE,))
    black, red = np.zeros((2, 3, 4, 4, 3), np.uint8)
    red[..., 0] = 200
    assert metric.measure(Sample(pictures=red), Sample(pictures=black)).value == 200
    assert metric.called(None) == ("colour_distance", "colour distance")


def test_a_plugin_file_cannot_replace_a_built_in_metric(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text('FID = registry.Metric("fid", "My FID")\n')
    with pytest.raises(InputError, match="calls its metric fid, as a built-in one is"):
        registry.get("fid", (file,))


@pytest.mark.parametrize(
    "written",
    [
        b'\xef\xbb\xbfM = Metric(name="mine")\n',
        '# coding: latin-1\nM = Metric(name="mine", about="Gr\xfc\xdfe")\n'.encode("latin-1"),
    ],
)
def test_a_plugin_file_may_be_written_in_any_way_that_python_reads(tmp_path, written):
    file = tmp_path / "mine.py"
    file.write_bytes(written)
    assert list(registry.in_file(file)) == ["mine"]
    file.write_bytes(b'M = Metric(name="gr\xfc\xdfe")\n')
    with pytest.raises(InputError, match="is not Python"):
        registry.in_file(file)


def test_two_plugin_files_cannot_have_metrics_of_one_name(tmp_path):
    one, other = tmp_path / "one.py", tmp_path / "other.py"
    for file in (one, other):
        file.write_text('M = Metric(name="mine", title="Mine")\n')
    assert "mine" in registry.names((one, one))
    with pytest.raises(InputError, match="two plugins call their metric mine: ") as raised:
        registry.names((one, other))
    assert f"{one}:M and {other}:M" in str(raised.value)


def test_the_type_may_stand_behind_the_name(tmp_path):
    file = tmp_path / "my_distance.py"
    file.write_text(EXAMPLE.read_text().replace("METRIC = Metric(", "METRIC: Metric = Metric("))
    assert registry.get("colour_distance", (file,)).title == "colour distance"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"better": "smaller"}, "better cannot be 'smaller'"),
        ({"kind": "fun"}, "kind cannot be 'fun'"),
        ({"needs": ("pool", "picturez")}, "needs cannot be 'picturez'"),
    ],
)
def test_what_a_metric_says_of_itself_is_one_of_what_there_is(wrong, words):
    with pytest.raises(InputError, match=words) as caught:
        replace(FID, **wrong)
    assert caught.value.hint.startswith(next(iter(wrong)))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def (", "is not Python: line 1"),
        (None, "cannot be read"),
        ("x = 1\0", "is not Python"),
        ("x = " + "-" * 100_000 + "1", "is not Python"),
    ],
)
def test_a_plugin_file_that_is_none_is_one_sentence(text, sentence, tmp_path):
    file = tmp_path / "plugin.py"
    if text is not None:
        file.write_text(text)
    with pytest.raises(InputError, match=sentence):
        registry.names((file,))


def test_metrics_import_without_torch():
    code = (
        "import sys, metrics.registry as r; [r.get(n) for n in r.names()];"
        "import metrics.extractors.release; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


WHAT = {
    **dict.fromkeys(("fid", "kid", "mifid", "fwd", "fid_infinity"), ("lower", "distance")),
    **dict.fromkeys(("precision", "density", "is"), ("higher", "quality")),
    **dict.fromkeys(("recall", "coverage"), ("higher", "variety")),
    **dict.fromkeys(("nearest", "memorization_distance"), ("neither", "copying")),
    **dict.fromkeys(("cycle_error", "truth_error"), ("lower", "translation")),
    "mesh": ("lower", "quality"),
    "diversity": ("neither", "variety"),
    "input_match": ("higher", "translation"),
    "input_change": ("neither", "translation"),
}


def test_which_way_is_better_and_what_is_asked_is_fixed():
    found = {m.name: (m.better, m.kind) for m in map(registry.get, registry.names())}
    assert found == WHAT


def test_other_values_of_a_plugin_file_are_no_metrics(tmp_path):
    file = tmp_path / "mine.py"
    values = "LEVEL = 3\nA = B = [1]\nFIELDS, MORE = 1, 2\nUSED = sorted(FIELDS)\n"
    file.write_text(values + EXAMPLE.read_text() + "NAMELESS = Metric()\n")
    assert registry.in_file(file).keys() == {"colour_distance"}


def test_a_metric_that_says_no_more_needs_pictures_of_both_sides_and_may_leave_some_out():
    metric = registry.get("colour_distance", (EXAMPLE,))
    assert (metric.official_only, metric.from_moments, metric.jackknife) == (False, False, True)


@pytest.mark.parametrize(
    ("make", "words"), [(Path.mkdir, "it is a folder: name the file"), (os.mkfifo, "is no file")]
)
def test_a_folder_or_a_fifo_is_no_plugin_and_holds_nobody_up(tmp_path, make, words):
    make(tmp_path / "odd.py")
    with pytest.raises(InputError, match=words):
        registry.names((tmp_path / "odd.py",))
