"""A set of pictures, or a file, that comes from another machine."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from ganbench.data import load, shipped, store
from ganbench.errors import InputError


@pytest.fixture
def domain(two_domains, tmp_path, monkeypatch):
    """A set in the cache of the machine that sends, which is not the one that is looked into."""
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "sender"))
    found = load.load(str(two_domains), None, None, 32).target
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    return found


def parts(folder):
    return {name: [(folder / name).read_bytes()[:100], (folder / name).read_bytes()[100:]]
            for name in shipped.FILES}  # fmt: skip


def fetched(domain, content=None, count=1000):
    key = shipped.key(domain.folder)
    with shipped.turn(key):
        return shipped.receive(key, content or parts(domain.folder), count)


def test_what_has_arrived_is_the_set_and_is_found_the_next_time(domain):
    key = shipped.key(domain.folder)
    assert shipped.find(domain.folder.name, key) is None
    folder = fetched(domain)
    there = store.open_domain(folder)
    assert np.array_equal(there.pictures, domain.pictures) and there.names == domain.names
    assert there.fingerprint == domain.fingerprint
    assert shipped.find(domain.folder.name, key) == folder


def test_what_this_machine_has_made_itself_is_used_if_it_is_the_same(domain, tmp_path):
    own = tmp_path / "cache" / "data" / domain.folder.name
    shutil.copytree(domain.folder, own)
    key = shipped.key(domain.folder)
    assert shipped.find(domain.folder.name, key) == own
    assert shipped.find(domain.folder.name, "0" * 64) is None


def test_a_damaged_one_is_not_found_and_replaced(domain):
    folder = fetched(domain)
    (folder / store.PICTURES).write_bytes(b"x")
    assert shipped.find(domain.folder.name, shipped.key(domain.folder)) is None
    assert fetched(domain) == folder
    assert shipped.find(domain.folder.name, shipped.key(domain.folder)) == folder


@pytest.mark.parametrize("name", shipped.FILES)
def test_what_did_not_arrive_as_it_was_sent_is_not_kept(domain, tmp_path, name):
    content = parts(domain.folder)
    content[name] = [content[name][0], content[name][1][:-1] + b"!"]
    with pytest.raises(InputError):
        fetched(domain, content)
    assert not [path for path in (tmp_path / "cache" / "shipped").iterdir() if path.is_dir()]


def test_without_room_it_is_refused_before_anything_is_fetched(domain):
    with pytest.raises(InputError, match="in the cache") as raised:
        fetched(domain, dict.fromkeys(shipped.FILES), 1 << 60)
    assert "GANBENCH_CACHE" in raised.value.hint


def test_names_that_are_none_and_a_cache_that_is_a_file(tmp_path, monkeypatch):
    for name, key in (("../x", "0" * 64), ("x", "../../x"), ("x", "")):
        with pytest.raises(InputError):
            shipped.find(name, key)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "file"))
    with (
        pytest.raises(InputError, match="cannot write to the cache folder"),
        shipped.turn("0" * 64),
    ):
        pass
    assert Path(tmp_path / "file").read_text() == ""


def test_a_file_is_found_once_it_has_arrived_whole_and_as_long_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path))
    key = hashlib.sha256(b"paint").hexdigest()
    assert shipped.find_file(key, ".pth") is None
    for content in ([b"pain"], [b"paint", b"!"]):
        with shipped.turn(key), pytest.raises(InputError, match="did not arrive as it was sent"):
            shipped.receive_file(key, ".pth", content, 5)
    assert shipped.find_file(key, ".pth") is None
    with shipped.turn(key):
        path = shipped.receive_file(key, ".pth", [b"pa", b"int"], 5)
    assert path.suffix == ".pth" and shipped.find_file(key, ".pth") == path
    path.write_bytes(b"water")
    assert shipped.find_file(key, ".pth") is None
    with shipped.turn(key), pytest.raises(InputError, match="a file needs"):
        shipped.receive_file(key, ".pth", [], 1 << 60)
    for wrong in ("/x", ".a/b", ".."):
        with pytest.raises(InputError, match="no ending"):
            shipped.find_file(key, wrong)
