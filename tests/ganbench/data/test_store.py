import errno
import hashlib
import json
import os
import shutil
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganbench.data import recipes
from ganbench.data.load import load, load_one
from ganbench.data.sources import bounded_read, decode
from ganbench.data.store import open_domain
from ganbench.errors import InputError


def never(*_: object) -> None:
    raise AssertionError("a picture was decoded again")


def test_the_array_holds_the_pictures_in_the_order_of_their_names(make_set) -> None:
    folder = make_set("d", 5)
    domain = load_one(str(folder), 32)
    assert domain.names == tuple(f"{index}.png" for index in range(5))
    for row, name in zip(domain.pictures, domain.names, strict=True):
        assert np.array_equal(row, np.asarray(Image.open(folder / name)))
    assert isinstance(domain.pictures, np.memmap)
    assert not domain.pictures.flags.writeable


def test_a_second_load_decodes_nothing(make_set, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_set("d")
    first = load_one(str(folder), 16)
    monkeypatch.setattr(recipes, "decode", never)
    assert load_one(str(folder), 16).folder == first.folder
    assert np.array_equal(open_domain(first.folder).pictures, first.pictures)


def test_a_changed_byte_another_size_and_a_new_name_each_miss(make_set) -> None:
    folder = make_set("d")
    marks = {load_one(str(folder), 16).fingerprint, load_one(str(folder), 32).fingerprint}
    data = bytearray((folder / "0.png").read_bytes())
    (folder / "0.png").write_bytes(bytes([*data, 0]))
    marks.add(load_one(str(folder), 16).fingerprint)
    (folder / "0.png").rename(folder / "9.png")
    marks.add(load_one(str(folder), 16).fingerprint)
    assert len(marks) == 4


def test_a_folder_and_its_zip_have_one_fingerprint_and_the_same_pixels(make_set, tmp_path) -> None:
    folder = make_set("d")
    packed = shutil.make_archive(str(tmp_path / "other"), "zip", folder)
    one, other = load_one(str(folder), 16), load_one(packed, 16)
    assert one.fingerprint == other.fingerprint
    assert np.array_equal(one.pictures, other.pictures)


def test_broken_pictures_are_skipped_and_named_with_a_reason(make_set) -> None:
    folder = make_set("d", 4)
    (folder / "1.png").write_bytes((folder / "1.png").read_bytes()[:200])
    (folder / "text.jpg").write_text("hello")
    (folder / "gone.jpg").symlink_to(folder / "nowhere")
    domain = load_one(str(folder), 16)
    assert domain.names == ("0.png", "2.png", "3.png")
    assert len(domain.pictures) == 3
    reasons = {file.name: file.reason for file in domain.skipped}
    assert reasons.keys() == {"1.png", "text.jpg", "gone.jpg"}
    assert reasons["text.jpg"] == "not a picture"
    assert "cannot be read" in reasons["gone.jpg"]


@pytest.mark.parametrize("good", [0, 1])
def test_fewer_than_two_good_pictures_are_refused_and_nothing_is_kept(
    make_set, own_cache: Path, good: int
) -> None:
    folder = make_set("d", good)
    (folder / "bad.jpg").write_text("hello")
    with pytest.raises(InputError, match=r"readable picture \(bad.jpg: not a picture\)"):
        load_one(str(folder), 16)
    assert [path for path in (own_cache / "data").iterdir() if path.is_dir()] == []


def test_identical_pictures_are_grouped_whatever_their_format(make_set) -> None:
    folder = make_set("d", 3)
    Image.open(folder / "1.png").save(folder / "same.bmp")
    assert load_one(str(folder), 32).duplicates == (("1.png", "same.bmp"),)


def test_original_sizes_are_counted(make_set) -> None:
    folder = make_set("d", 2)
    Image.new("RGB", (50, 20)).save(folder / "wide.png")
    assert load_one(str(folder), 16).original_sizes == {"32x32": 2, "50x20": 1}


def test_the_description_is_strict_json_without_a_path_of_this_machine(make_set, tmp_path) -> None:
    folder = make_set("d", 2)
    (folder / "bad.jpg").write_text("hello")
    text = json.dumps(load_one(str(folder), 16).describe(), allow_nan=False)
    assert str(tmp_path) not in text
    assert json.loads(text)["count"] == 2


@pytest.mark.parametrize("damage", ["cut array", "no json", "cut json", "no array", "other count"])
def test_a_damaged_cache_is_made_again(make_set, damage: str) -> None:
    folder = make_set("d")
    before = load_one(str(folder), 16)
    good = np.array(before.pictures)
    array, about = before.folder / "pictures.npy", before.folder / "domain.json"
    if damage == "cut array":
        array.write_bytes(array.read_bytes()[:-1])
    elif damage == "no array":
        array.unlink()
    elif damage == "no json":
        about.unlink()
    elif damage == "cut json":
        about.write_text(about.read_text()[:-20])
    else:
        about.write_text(about.read_text().replace('"2.png"', '"2.png", "3.png"'))
    with pytest.raises(InputError):
        open_domain(before.folder)
    assert np.array_equal(load_one(str(folder), 16).pictures, good)


def test_a_build_that_fails_leaves_nothing_and_the_next_one_succeeds(
    make_set, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_set("d")
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(recipes, "decode", lambda *_: 1 // 0)
        load_one(str(folder), 16)
    assert [path for path in (own_cache / "data").iterdir() if path.is_dir()] == []
    assert len(load_one(str(folder), 16).names) == 3


def test_what_a_killed_build_left_behind_is_swept_away(make_set) -> None:
    folder = make_set("d")
    place = load_one(str(folder), 16).folder
    shutil.move(place, place.with_name(f".{place.name}.0badcafe"))
    load_one(str(folder), 16)
    assert [path.name for path in place.parent.iterdir() if path.is_dir()] == [place.name]


def test_two_at_once_decode_each_picture_once(make_set, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, calls = make_set("d", 6), []
    monkeypatch.setattr(recipes, "decode", lambda *a: calls.append(1) or decode.decode(*a))
    threads = [threading.Thread(target=load_one, args=(str(folder), 16)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 6


def test_a_cache_that_cannot_be_written_is_one_sentence(
    make_set, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_set("d")
    own_cache.write_text("a file where the cache should be")
    with pytest.raises(InputError, match="cannot write to the cache folder") as caught:
        load_one(str(folder), 16)
    assert "GANBENCH_CACHE" in caught.value.hint


def test_a_full_disk_is_noticed_before_decoding(make_set, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_set("d")
    usage = shutil.disk_usage(folder)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    monkeypatch.setattr(recipes, "decode", never)
    with pytest.raises(InputError, match="GiB is free"):
        load_one(str(folder), 16)


def test_zip_entries_that_are_damaged_or_absurdly_large_are_skipped(
    make_set, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_set("d", 3)
    packed = tmp_path / "d.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
        archive.writestr("bomb.png", bytes(300_000))
    data = bytearray(packed.read_bytes())
    data[200] ^= 255  # inside the first picture
    packed.write_bytes(data)
    monkeypatch.setattr(bounded_read, "MOST_BYTES", 200_000)
    reasons = {file.name: file.reason for file in load_one(str(packed), 16).skipped}
    assert reasons == {
        "0.png": "damaged inside the zip",
        "bomb.png": "0 MiB, too large for one picture",
    }


def test_progress_is_told_for_every_picture(make_set) -> None:
    told: list[tuple[str, int, int]] = []
    load_one(str(make_set("d", 3)), 16, lambda *step: told.append(step))
    assert told == [("d", 1, 3), ("d", 2, 3), ("d", 3, 3)]


def test_swap_exchanges_the_sides(make_set, tmp_path: Path) -> None:
    make_set("set/photo"), make_set("set/monet")
    plain = load(str(tmp_path / "set"), None, None, 16)
    swapped = load(str(tmp_path / "set"), None, None, 16, swap=True)
    assert plain.source.title == swapped.target.title == "set/photo"
    assert plain.target.title == swapped.source.title == "set/monet"


MACHINE = ["EIO", "ESTALE", "EMFILE", "ENFILE", "ENOMEM"]


def failing(at: object, name: str, error: Exception, patch: pytest.MonkeyPatch) -> None:
    """Let the function fail once the digests are there."""

    def fail(*_: object, **__: object) -> None:
        raise error

    digest = hashlib.sha256

    def begin(content: bytes = b"") -> object:
        if content.startswith(b"["):  # that of the fingerprint: all files have been read
            patch.setattr(at, name, fail)
        return digest(content)

    patch.setattr(hashlib, "sha256", begin)


@pytest.mark.parametrize("where", ["reading", "decoding"])
@pytest.mark.parametrize("name", [*MACHINE, "memory"])
def test_a_failure_of_the_machine_makes_no_cache_in_which_a_picture_is_missing(
    make_set, own_cache: Path, monkeypatch: pytest.MonkeyPatch, where: str, name: str
) -> None:
    folder = make_set("d")
    number = getattr(errno, name, 0)
    error = OSError(number, os.strerror(number)) if number else MemoryError()
    at = (bounded_read, "opened") if where == "reading" else (decode, "_prepare")
    with monkeypatch.context() as patch, pytest.raises(InputError, match="d cannot be read") as why:
        failing(*at, error, patch)
        load_one(str(folder), 16)
    assert "png" in str(why.value) and "\n" not in str(why.value)
    assert [path for path in (own_cache / "data").iterdir() if path.is_dir()] == []
    assert len(load_one(str(folder), 16).names) == 3


def test_a_file_that_could_not_be_read_from_the_beginning_is_skipped(
    make_set, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_set("d")
    with monkeypatch.context() as patch:
        opened = bounded_read.opened

        def torn(path: Path) -> object:
            if path.name == "1.png":
                raise OSError(errno.EIO, "Input/output error")
            return opened(path)

        patch.setattr(bounded_read, "opened", torn)
        found = load_one(str(folder), 16)
    assert [(file.name, file.reason) for file in found.skipped] == [
        ("1.png", "cannot be read (Input/output error)")
    ]
    assert len(load_one(str(folder), 16).names) == 3  # another fingerprint: nothing is lost


def test_a_file_that_vanishes_after_its_digest_is_skipped(
    make_set, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_set("d")
    with monkeypatch.context() as patch:
        digest = recipes._sha256

        def gone(listing: object, name: str) -> str:
            found = digest(listing, name)
            if name == "1.png":
                (folder / name).unlink()
            return found

        patch.setattr(recipes, "_sha256", gone)
        found = load_one(str(folder), 16)
    assert [file.name for file in found.skipped] == ["1.png"]
