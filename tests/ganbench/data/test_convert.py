import importlib.util
import io
import os
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganbench.cli import data
from ganbench.data import convert as module
from ganbench.data import recipes, scenes
from ganbench.data.convert import Converted, convert
from ganbench.data.load import load, load_one
from ganbench.data.sources import layout, tfrecord
from ganbench.data.store import Skipped
from ganbench.errors import InputError

needs_tensorflow = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def two_sides(tmp_path: Path) -> Path:
    """Kaggle's layout with five formats, folders in folders, odd names and two broken files."""
    draw = np.random.default_rng(0)
    root = tmp_path / "kaggle"
    names = ("photo_jpg/b.jpg", "photo_jpg/a.png", "photo_jpg/A.png", "photo_jpg/in/a.png")
    names += ("monet_jpg/Der Wörthersee 雪.webp", "monet_jpg/x.y.gif", "monet_jpg/photo.JPEG")
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw.integers(0, 256, (20, 16, 3), np.uint8)).save(root / name)
    (root / "photo_jpg" / "cut.png").write_bytes((root / names[1]).read_bytes()[:90])
    (root / "monet_jpg" / "text.jpg").write_bytes(b"text")
    return root


@pytest.fixture
def boxed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """TFRecords that TensorFlow would unpack into three pictures and a damaged record."""
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.tfrec").write_bytes(b"")

    def unpack(listings, scratch: Path) -> list[tfrecord.Unpacked]:
        found = [("a/0.png", "same.png"), ("a/1.png", "same.png"), ("a/2.png", "../../same.png")]
        with zipfile.ZipFile(scratch / "r.zip", "w") as archive:
            for seed, (entry, _) in enumerate(found):
                data = io.BytesIO()
                Image.new("RGB", (16, 16), (seed, 0, 0)).save(data, "PNG")
                archive.writestr(entry, data.getvalue())
        return [tfrecord.Unpacked(scratch / "r.zip", found, [("a.tfrec/00003", "damaged")])]

    monkeypatch.setattr(tfrecord, "unpack", unpack)
    return tmp_path / "set"


def test_there_and_back_gives_the_same_files_and_names_the_broken_ones(
    two_sides: Path, tmp_path: Path
) -> None:
    there = convert(str(two_sides), None, None, "zip", tmp_path / "all.zip")
    back = convert(str(there.place), None, None, "folder", tmp_path / "deep" / "back")
    before, after = contents(two_sides), contents(back.place)
    del before["photo_jpg/cut.png"], before["monet_jpg/text.jpg"]
    assert after == before
    assert there.counts == back.counts == {"photo_jpg": 4, "monet_jpg": 3}
    assert [one.name for one in there.skipped] == ["photo_jpg/cut.png", "monet_jpg/text.jpg"]
    assert there.skipped[1].reason == "not a picture" and back.skipped == ()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.zip", "deep", "kaggle"]


def test_the_same_pictures_are_the_same_zip_and_its_files_can_be_read_by_others(
    make_set, tmp_path: Path
) -> None:
    one, two = (
        convert(str(make_set("d")), None, None, "zip", tmp_path / name).place for name in "ab"
    )
    assert one.read_bytes() == two.read_bytes()
    assert {info.external_attr >> 16 for info in zipfile.ZipFile(one).infolist()} == {0o644}


def test_pictures_of_one_name_all_survive_inside_the_folder(boxed: Path, tmp_path: Path) -> None:
    done = convert(str(boxed), None, None, "folder", tmp_path / "out")
    assert list(contents(tmp_path / "out")) == ["same-2.png", "same-3.png", "same.png"]
    reds = [np.asarray(Image.open(path))[0, 0, 0] for path in sorted(done.place.iterdir())]
    assert reds == [1, 2, 0]
    assert done.counts == {"": 3}
    assert [(one.name, one.reason) for one in done.skipped] == [("a.tfrec/00003", "damaged")]


def test_records_are_written_in_files_of_even_size_named_like_kaggles(
    make_set, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed: list[tfrecord.Shard] = []
    monkeypatch.setattr(tfrecord, "require_writer", lambda: None)
    monkeypatch.setattr(tfrecord, "pack", lambda _, shards: packed.extend(shards))
    monkeypatch.setattr(module, "MOST", 3)
    make_set("k/photo_jpg", 2), make_set("k/monet_jpg", 7)
    done = convert(str(tmp_path / "k"), None, None, "tfrecord", tmp_path / "out")
    files = ["/".join(Path(one.file).parts[-2:]) for one in packed]
    assert files == [
        "photo_tfrec/photo00-2.tfrec",
        "monet_tfrec/monet00-2.tfrec",
        "monet_tfrec/monet01-2.tfrec",
        "monet_tfrec/monet02-3.tfrec",
    ]
    assert packed[3].target == "monet"
    assert packed[3].pictures[0] == ("monet_tfrec/4.png", "4.png")
    assert done.counts == {"photo_tfrec": 2, "monet_tfrec": 7}


@pytest.mark.parametrize(
    ("first", "second", "out", "folders"),
    [
        ("my photos", "monet", "out", ["my photos", "monet"]),
        ("b", "a", "out", ["source", "target"]),  # "a" would be read as the source
        ("x/same", "y/Same", "out", ["source", "target"]),
        ("photo_jpg", "mine", "out", ["source", "target"]),  # half of Kaggle's layout
        ("trainA", "trainB", "out", ["trainA", "trainB"]),
        ("trainB", "trainA", "out", ["source", "target"]),
        ("trainB", "trainA", "monet2photo", ["trainB", "trainA"]),
    ],
)
def test_what_is_written_is_read_with_the_same_side_as_source(
    make_set, tmp_path: Path, first: str, second: str, out: str, folders: list[str]
) -> None:
    sides = (str(make_set(first, 2)), str(make_set(second, 3)))
    done = convert(None, *sides, "folder", tmp_path / "new" / out)
    assert list(done.counts.items()) == list(zip(folders, (2, 3), strict=True))
    read = layout.two_sets(str(done.place))
    assert [len(one.names) for one in read] == [2, 3]


def test_the_embedded_set_is_written_as_png_of_the_size_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenes, "COUNTS", {"photo": 2, "painting": 2})
    monkeypatch.setattr(recipes, "ProcessPoolExecutor", lambda *_, **__: ThreadPoolExecutor(1))
    done = convert("scenes", None, None, "folder", tmp_path / "out", 32)
    assert done.counts == {"photo": 2, "painting": 2}
    assert np.array_equal(
        load(str(done.place), None, None, 32).source.pictures[1], scenes.photo(1, 32)
    )


def test_what_is_there_is_never_overwritten(make_set, tmp_path: Path) -> None:
    full, empty = make_set("full"), tmp_path / "empty"
    empty.mkdir()
    before = contents(full)
    for to in ("folder", "zip"):
        with pytest.raises(InputError, match="full is there already") as caught:
            convert(str(full), None, None, to, full)
        assert "--out" in caught.value.hint
    assert contents(full) == before
    convert(str(full), None, None, "folder", empty)
    assert contents(empty) == before


def test_a_copy_inside_of_what_it_is_a_copy_of_is_refused(make_set, tmp_path: Path) -> None:
    root = make_set("set/photo").parent
    make_set("set/monet")
    with pytest.raises(InputError, match="hold its own pictures twice") as caught:
        convert(str(root), None, None, "folder", root / "out")
    assert not (root / "out").exists() and f"--out {tmp_path / 'out'}" in caught.value.hint
    convert(str(root), None, None, "zip", root / "out.zip")


def test_a_side_without_a_good_picture_leaves_nothing_behind(make_set, tmp_path: Path) -> None:
    make_set("d/photo"), (tmp_path / "d" / "monet").mkdir()
    (tmp_path / "d" / "monet" / "a.jpg").write_bytes(b"text")
    with pytest.raises(InputError, match=r"d/monet has no readable picture .*a\.jpg: not a pict"):
        convert(str(tmp_path / "d"), None, None, "folder", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_mistakes_are_one_sentence_each(make_set, tmp_path: Path) -> None:
    folder = str(make_set("d"))
    with pytest.raises(InputError, match='no format "png"'):
        convert(folder, None, None, "png", None)
    with pytest.raises(InputError, match="in the size they have"):
        convert(folder, None, None, "zip", tmp_path / "a.zip", 64)
    with pytest.raises(InputError, match="DATA names both sides"):
        convert(folder, folder, None, "zip", tmp_path / "a.zip")
    with pytest.raises(InputError, match=r"cannot write .*Not a directory|cannot write .*exists"):
        convert(folder, None, None, "zip", Path(folder) / "0.png" / "a.zip")


def test_only_tfrecords_need_tensorflow(
    make_set, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(make_set("d"))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    convert(folder, None, None, "zip", tmp_path / "a.zip")
    with pytest.raises(InputError, match="writing TFRecords needs TensorFlow") as caught:
        convert(folder, None, None, "tfrecord", tmp_path / "out")
    assert caught.value.hint == 'pip install "ganbench[tensorflow]"'
    (tmp_path / "a.tfrec").write_bytes(b"")
    with pytest.raises(InputError, match="a holds TFRecords, and reading them needs TensorFlow"):
        convert(None, str(tmp_path / "a.tfrec"), None, "zip", tmp_path / "b.zip")


def test_the_command_says_where_counts_and_names_what_it_left_out(
    ganbench, boxed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = ganbench("data", "convert", boxed, "--to", "zip")
    assert (code, out) == (0, "3 pictures\nset.zip\n")
    assert err == "left out: 1 that cannot be used\n  a.tfrec/00003: damaged\n"
    assert ganbench("data", "convert", boxed, "--to", "zip")[0] == 2


@pytest.mark.tensorflow
@needs_tensorflow
def test_by_way_of_tfrecords_files_of_every_format_come_back_the_same(
    two_sides: Path, tmp_path: Path
) -> None:
    there = convert(str(two_sides), None, None, "tfrecord", tmp_path / "records")
    assert list(contents(there.place)) == [
        "monet_tfrec/monet00-3.tfrec",
        "photo_tfrec/photo00-4.tfrec",
    ]
    whole = there.place / "photo_tfrec" / "photo00-4.tfrec"
    shutil.copy(whole, whole.with_name("photo01-4.tfrec"))
    bad = bytearray(whole.read_bytes())
    bad[20] ^= 1  # in the first record, A.png, which the copy still has
    whole.write_bytes(bad)
    back = convert(str(there.place), None, None, "folder", tmp_path / "back")
    before, after = contents(two_sides), contents(back.place)
    del before["photo_jpg/cut.png"], before["monet_jpg/text.jpg"]
    for name in ("a.png", "b.jpg", "in/a.png"):
        path = Path("photo_jpg", name)
        before[path.with_stem(f"{path.stem}-2").as_posix()] = before[path.as_posix()]
    assert after == before
    assert [one.name for one in back.skipped] == ["photo_jpg/photo00-4.tfrec/00000"]


@pytest.mark.monet
@pytest.mark.tensorflow
@needs_tensorflow
@pytest.mark.skipif("GANBENCH_MONET" not in os.environ, reason="GANBENCH_MONET is not set")
def test_kaggles_own_paintings_go_both_ways(tmp_path: Path) -> None:
    monet = Path(os.environ["GANBENCH_MONET"])
    there = convert(None, None, str(monet / "monet_jpg"), "tfrecord", tmp_path / "records")
    sides = (str(there.place), str(monet / "monet_tfrec"))
    done = convert(None, *sides, "folder", tmp_path / "back")
    assert list(done.counts.values()) == [300, 300] and not done.skipped
    mine, kaggles = (done.place / folder for folder in done.counts)
    assert contents(mine) == contents(monet / "monet_jpg")
    domain = load_one(str(monet / "monet_tfrec"), 256)
    for name, row in list(zip(domain.names, domain.pictures, strict=True))[::10]:
        with Image.open(kaggles / name.partition("-")[2].partition("-")[2]) as image:
            assert np.array_equal(np.asarray(image), row), name


def test_what_was_left_out_is_told_without_harm(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    skipped = (Skipped("n\x1b[2J" + "n" * 300, "keys: a\rb"),)
    done = Converted(Path("out"), {"": 3}, skipped)
    monkeypatch.setattr("ganbench.data.convert.convert", lambda *_: done)
    data.convert("zip", "set")
    told = capsys.readouterr().err.splitlines()
    assert told[-1].startswith("  n_[2Jnnn") and told[-1].endswith("n…: keys: a_b")
    assert len(told[-1]) < 220


def test_the_training_split_goes_over_and_what_stays_is_told(
    make_set, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("d/train/a", "d/train/b", "d/test/a", "one/train", "one/val"):
        make_set(folder)
    for name in ("d", "one"):
        data.convert("folder", str(tmp_path / name), tmp_path / f"{name}-new", None, None, None)
    assert [*contents(tmp_path / "d-new")] == [f"{side}/{i}.png" for side in "ab" for i in range(3)]
    assert [*contents(tmp_path / "one-new")] == ["0.png", "1.png", "2.png"]
    said = capsys.readouterr().err
    assert "left alone: test (3)" in said and "left alone: val (3)" in said
