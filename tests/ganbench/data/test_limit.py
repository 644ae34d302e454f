"""A limit takes pictures by the hash of their names, and looks at no others."""

import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest

from ganbench.data import limit, load, recipes, scenes
from ganbench.data.batches import first, probe_order
from ganbench.data.inspect import inspect_data
from ganbench.data.sources import layout, tfrecord, tfrecord_format
from ganbench.data.split import Split
from ganbench.errors import InputError


def zipped(folder: Path) -> str:
    return shutil.make_archive(str(folder), "zip", folder)


def test_the_first_by_hash_are_taken_in_the_order_that_they_had():
    every = [f"{index:03}.png" for index in range(50)]
    some = limit.taken(every, 10)
    by_hash = [every[place] for place in probe_order(every)]
    assert len(some) == 10 and list(some) == sorted(by_hash[:10])
    assert set(some) < set(limit.taken(every, 20))
    assert limit.taken(every, 50) == limit.taken(every, None) == tuple(every)


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_a_limit_that_is_not_below_the_count_changes_nothing(make_set, kind) -> None:
    place = make_set("d", 5)
    path = str(place) if kind == "folder" else zipped(place)
    whole = load.load_one(path, 16)
    for most in (5, 6, 10_000):
        same = load.load_one(path, 16, limit=most)
        assert (same.folder, same.describe()) == (whole.folder, whole.describe())
    less = load.load_one(path, 16, limit=4)
    assert less.fingerprint != whole.fingerprint and less.describe()["taken_of"] == 5


def test_pictures_that_are_not_taken_are_neither_read_nor_decoded(
    make_set, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, seen = make_set("d", 9), []
    read, decode = recipes._sha256, recipes._try_decode
    monkeypatch.setattr(recipes, "_sha256", lambda of, name: seen.append(name) or read(of, name))
    monkeypatch.setattr(
        recipes, "_try_decode", lambda *asked: seen.append(asked[-1]) or decode(*asked)
    )
    domain = load.load_one(str(place), 16, limit=3)
    assert sorted(seen) == sorted(2 * domain.names) and len(domain.names) == 3
    whole = load.load_one(str(place), 16)
    kept = [whole.names.index(name) for name in domain.names]
    assert np.array_equal(domain.pictures, whole.pictures[kept])


def test_of_the_embedded_set_no_more_is_drawn_than_is_taken(monkeypatch) -> None:
    monkeypatch.setattr(scenes, "COUNTS", {"photo": 6, "painting": 3})
    pair = load.load(None, None, None, 32, limit=3)
    assert (len(pair.source.names), pair.source.taken_of, pair.target.taken_of) == (3, 6, None)
    assert pair.target.fingerprint == recipes.embedded("painting", 32).fingerprint
    index = int(pair.source.names[1].rpartition("-")[2])
    assert np.array_equal(pair.source.pictures[1], scenes.photo(index, 32))
    known = load.truth(pair.source, [1, 2])
    assert np.array_equal(known.pictures[0], scenes.pair(index, 32)[1])


def test_the_few_are_split_as_the_many_are(make_set) -> None:
    place, split = str(make_set("d", 40)), Split(0.3)
    few, many = (load.load_one(place, 16, limit=most) for most in (20, 40))
    held = [{one.names[at] for at in split.judged(one)} for one in (few, many)]
    assert len(held[0]) == 6 and held[0] < held[1]
    assert np.array_equal(first(few, Split().judged(few), 8), first(many, Split().judged(many), 8))


def test_a_split_of_too_few_names_the_limit(make_set) -> None:
    few = load.load_one(str(make_set("d", 9)), 16, limit=3)
    with pytest.raises(InputError, match="leaves 1 of the 3 pictures") as refused:
        Split(0.3).check(few)
    assert "or a larger --limit" in refused.value.hint


def records(path: Path, count: int) -> None:
    """A TFRecord file of records with a byte each, as far as their frames go."""
    header = (1).to_bytes(8, "little")
    check = tfrecord_format.masked_crc(header).to_bytes(4, "little")
    path.write_bytes((header + check + b"x" + bytes(4)) * count)


def test_records_are_counted_without_tensorflow(tmp_path: Path) -> None:
    place = tmp_path / "set"
    place.mkdir()
    records(place / "a.tfrec", 3)
    records(place / "b.tfrec", 4)
    (place / "b.tfrec").write_bytes(gzip.compress((place / "b.tfrec").read_bytes()))
    (place / "c.tfrec").write_bytes(b"cut")
    assert limit.count(layout.one_set(str(place))) == 7


def test_a_limit_on_records_is_a_part_of_what_they_are(tmp_path: Path) -> None:
    records(tmp_path / "a.tfrec", 5)
    listing = layout.one_set(str(tmp_path / "a.tfrec"))
    of = [recipes.listed(listing, 16, most) for most in (None, 5, 4, 3)]
    assert of[0].fingerprint == of[1].fingerprint
    assert len({one.fingerprint for one in of}) == 3
    assert [one.taken_of for one in of] == [None, None, 5, 5]


def test_of_records_as_many_pictures_are_decoded_as_are_taken(
    make_set, tmp_path: Path, monkeypatch
) -> None:
    records(tmp_path / "a.tfrec", 6)
    archive = Path(zipped(make_set("six", 6)))
    unpacked = tfrecord.Unpacked(archive, [("0.png", "0.png")], [])
    monkeypatch.setattr(tfrecord, "unpack", lambda listings, scratch: [unpacked])
    found = load.load_one(str(tmp_path / "a.tfrec"), 16, limit=2)
    assert found.names == limit.taken([f"{index}.png" for index in range(6)], 2)


def test_what_is_looked_at_is_limited_too(make_set, tmp_path: Path) -> None:
    place = str(make_set("d", 7))
    facts = inspect_data(place, None, None, 16, tmp_path / "d.html", limit=3)
    assert facts["headline"].startswith("3 of 7 ")
    with pytest.raises(InputError, match="limit 1 is below 2"):
        inspect_data(place, None, None, 16, tmp_path / "d.html", limit=1)
