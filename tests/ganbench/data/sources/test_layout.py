import os
import warnings
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from ganbench.data.sources import file_tree, layout, picture_kinds
from ganbench.data.sources.bounded_read import TemporaryFailure
from ganbench.data.sources.file_tree import Tree
from ganbench.errors import InputError


def lay_out(root: Path, *names: str) -> Path:
    """Empty files: finding pictures goes by names and opens none."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def titles(path: Path) -> tuple[str, str]:
    source, target = layout.two_sets(str(path))
    return source.title, target.title


KAGGLE = ("photo_jpg/1.jpg", "monet_jpg/2.jpg", "photo_tfrec/3.tfrec", "monet_tfrec/4.tfrec")


def test_kaggle_takes_the_jpegs_and_calls_the_photographs_source(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "kaggle", *KAGGLE, "SHA256SUMS")
    assert titles(root) == ("kaggle/photo_jpg", "kaggle/monet_jpg")


def test_kaggle_takes_tfrecords_where_there_is_no_jpeg_folder(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "kaggle", *KAGGLE[1:])
    source, target = layout.two_sets(str(root))
    assert (source.title, source.records) == ("kaggle/photo_tfrec", True)
    assert (target.title, target.records) == ("kaggle/monet_jpg", False)


def test_half_a_kaggle_download_says_what_is_missing(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "kaggle", "monet_jpg/1.jpg", "monet_tfrec/4.tfrec")
    with pytest.raises(InputError, match="monet_jpg but neither photo_jpg nor photo_tfrec"):
        layout.two_sets(str(root))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("monet2photo", "trainB"),
        ("photo2monet", "trainA"),
        ("monet_to_photo", "trainB"),
        ("vangogh2photo", "trainB"),
        ("horse2zebra", "trainA"),
        ("maps", "trainA"),
    ],
)
def test_cyclegan_folders_are_told_apart_by_the_data_folders_name(
    tmp_path: Path, name: str, source: str
) -> None:
    root = lay_out(tmp_path / name, *(f"{side}/1.jpg" for side in ("trainA", "trainB", "testA")))
    assert titles(root)[0] == f"{name}/{source}"


def test_cyclegan_trains_on_the_train_folders_only(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "d", "trainA/1.jpg", "trainB/2.jpg", "testA/3.jpg", "testB/4.jpg")
    source, target = layout.two_sets(str(root))
    assert source.names + target.names == ("1.jpg", "2.jpg")


@pytest.mark.parametrize("there", ["trainA", "trainB"])
def test_half_a_cyclegan_layout_says_what_is_missing(tmp_path: Path, there: str) -> None:
    missing = {"trainA": "trainB", "trainB": "trainA"}[there]
    with pytest.raises(InputError, match=f"has {there} but no {missing}"):
        layout.two_sets(str(lay_out(tmp_path / "d", f"{there}/1.jpg")))


@pytest.mark.parametrize(
    ("first", "second", "source"),
    [("art", "photos", "photos"), ("a_real", "b", "a_real"), ("monet", "x", "x"), ("a", "b", "a")],
)
def test_two_folders_are_told_apart_by_their_own_names(
    tmp_path: Path, first: str, second: str, source: str
) -> None:
    root = lay_out(tmp_path / "d", f"{first}/deep/er/1.JPG", f"{second}/2.jpeg")
    assert titles(root)[0] == f"d/{source}"


def test_a_folder_around_everything_is_looked_into(tmp_path: Path) -> None:
    lay_out(tmp_path / "downloads", "monet2photo/trainA/1.jpg", "monet2photo/trainB/2.jpg")
    assert titles(tmp_path / "downloads") == ("monet2photo/trainB", "monet2photo/trainA")


def test_one_set_or_three_sets_are_not_a_pair(tmp_path: Path) -> None:
    with pytest.raises(layout.OneSet, match="one set of pictures"):
        layout.two_sets(str(lay_out(tmp_path / "one", "1.jpg", "2.jpg")))
    with pytest.raises(layout.OneSet, match=r"3 folders of pictures \(a, b, c\)"):
        layout.two_sets(str(lay_out(tmp_path / "three", "a/1.jpg", "b/1.jpg", "c/1.jpg")))


def test_pictures_are_found_at_any_depth_sorted_and_without_hidden_files(tmp_path: Path) -> None:
    root = lay_out(
        tmp_path / "d",
        "b.JPG",
        "a/z.png",
        "a/k/y.webp",
        ".x.jpg",
        "__MACOSX/b.jpg",
        ".g/1.jpg",
        "t.txt",
    )
    assert layout.one_set(str(root)).names == ("a/k/y.webp", "a/z.png", "b.JPG")


def test_a_zip_is_read_like_its_folder(tmp_path: Path) -> None:
    packed = tmp_path / "monet2photo.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for name in (
            "monet2photo/trainA/1.jpg",
            "monet2photo/trainB/2.jpg",
            "__MACOSX/trainA/1.jpg",
        ):
            archive.writestr(name, name)
    source, target = layout.two_sets(str(packed))
    assert (source.title, target.title) == ("monet2photo/trainB", "monet2photo/trainA")
    assert source.read("2.jpg") == b"monet2photo/trainB/2.jpg"


def test_a_folder_link_that_leads_back_is_walked_once(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "d", "1.jpg")
    (root / "again").symlink_to(root, target_is_directory=True)
    assert layout.one_set(str(root)).names == ("1.jpg",)


def test_a_missing_path_names_its_nearest_neighbour(tmp_path: Path) -> None:
    lay_out(tmp_path, "monet-kaggle/1.jpg")
    with pytest.raises(InputError, match="there is no") as caught:
        layout.two_sets(str(tmp_path / "monet_kagle" / "photo_jpg"))
    assert caught.value.hint == f"nearest: {tmp_path / 'monet-kaggle'}"


def test_a_wrong_path_without_a_near_name_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no") as caught:
        layout.two_sets(str(tmp_path / "qqqq" / "photos"))
    assert caught.value.hint == f"looked for qqqq in {tmp_path}"


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: path.mkdir(), "is empty"),
        (
            lambda path: lay_out(path, "a.txt", "b.md"),
            r"holds no pictures \(2 files, for instance a.txt",
        ),
        (lambda path: path.write_text("x"), "neither a folder, a .zip nor"),
    ],
)
def test_a_place_without_pictures_is_refused(tmp_path: Path, make, sentence: str) -> None:
    make(tmp_path / "d")
    for find in (layout.one_set, layout.two_sets):
        with pytest.raises(InputError, match=sentence):
            find(str(tmp_path / "d"))


def test_a_cut_zip_and_a_single_picture_are_refused(tmp_path: Path) -> None:
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(InputError, match="not a readable zip"):
        layout.one_set(str(tmp_path / "cut.zip"))
    with pytest.raises(InputError, match="is one picture") as caught:
        layout.one_set(str(lay_out(tmp_path, "1.jpg") / "1.jpg"))
    assert str(tmp_path) in caught.value.hint


def prefixes(path: Path) -> list[str]:
    return [side.prefix for side in layout.two_sets(str(path))]


SPLIT = [f"{split}/{side}/1.jpg" for split in ("train", "test") for side in ("A", "B")]


@pytest.mark.parametrize(
    ("names", "source", "target"),
    [
        (SPLIT, "train/A/", "train/B/"),
        ([name.upper() for name in SPLIT], "TRAIN/A/", "TRAIN/B/"),
        (["A/train/1.jpg", "A/test/2.jpg", "B/train/3.jpg", "B/val/4.jpg"], "A/train/", "B/train/"),
        (["Training/photo/1.jpg", "Training/art/1.jpg", "dev/art/1.jpg"],
         "Training/photo/", "Training/art/"),
        (["photo_train/1.jpg", "photo_val/1.jpg", "art_train/1.jpg", "art_val/1.jpg"],
         "photo_train/", "art_train/"),
        (["train_A/1.jpg", "train_B/1.jpg", "test_A/1.jpg"], "train_A/", "train_B/"),
        (["train-a/1.jpg", "train-b/1.jpg"], "train-a/", "train-b/"),
        (["TrainA/1.jpg", "TrainB/1.jpg", "valA/1.jpg", "valB/1.jpg"], "TrainA/", "TrainB/"),
        (["trainA/1.jpg", "trainB/1.jpg", "sample/1.jpg", "0.jpg"], "trainA/", "trainB/"),
        (["photos/1.jpg", "monet/1.jpg", "test/1.jpg"], "photos/", "monet/"),
        (["train/photo_jpg/1.jpg", "train/monet_jpg/1.jpg", "test/photo_jpg/1.jpg"],
         "train/photo_jpg/", "train/monet_jpg/"),
        (["photo/00000/1.jpg", "photo/00001/1.jpg", "monet/0/1.jpg"], "photo/", "monet/"),
        (["2019/1.jpg", "paintings/1.jpg"], "2019/", "paintings/"),
    ],
)  # fmt: skip
def test_the_two_sides_are_those_of_the_training_split(
    tmp_path: Path, names: list[str], source: str, target: str
) -> None:
    assert prefixes(lay_out(tmp_path / "d", *names)) == [source, target]


def test_what_is_left_alone_is_told_with_its_number_of_pictures(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "d", *SPLIT, "test/B/2.jpg", "sample/1.jpg")
    source, target = layout.two_sets(str(root))
    assert source.left_alone == target.left_alone == ("sample (1)", "test (3)")
    assert (source.title, source.names) == ("d/A", ("1.jpg",))


def refused(path: Path) -> tuple[str, str]:
    with pytest.raises(InputError) as caught:
        layout.two_sets(str(path))
    return str(caught.value), caught.value.hint


@pytest.mark.parametrize(
    ("names", "sentence", "typed"),
    [
        (["train/1.jpg", "val/2.jpg"], "d/train holds one set", "--target {}/train"),
        (["train/cat/1.jpg", "train/dog/1.jpg", "train/wild/1.jpg", "val/cat/1.jpg"],
         "3 folders of pictures (cat, dog, wild)", "--source {0}/train/cat --target {0}/train/dog"),
        (["art/1.jpg", "map/1.jpg", "real/1.jpg"], "3 folders",
         "--source {0}/map --target {0}/art"),
        (["bus/1.jpg", "train/1.jpg"], "train is called as a split is",
         "--source {0}/bus --target {0}/train"),
        (["00000/1.png", "00001/2.png", "dataset.json"], "one set of pictures", "--target {}"),
        (["shard-00/1.png", "shard-01/2.png"], "one set of pictures", "--target {}"),
        (["photos/1.jpg", "test/1.jpg"], "one set of pictures", "--target {}/photos"),
        (["test/a/1.jpg", "test/b/1.jpg"], "nobody trains on a test", "name {}/test"),
        (["testA/1.jpg", "testB/1.jpg"], "nobody trains on a test", "{0}/testA and {0}/testB"),
        (["A/train/1.jpg", "B/test/1.jpg"], "B has test folders", "name {}/B/test"),
        (["train_A/1.jpg", "test_B/1.jpg"], "has train_A but no train_B", "--source"),
        (["my a/1.jpg", "my b/1.jpg", "c/1.jpg"], "3 folders", "--target '{}/my a'"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_refused_with_what_would_work(
    tmp_path: Path, names: list[str], sentence: str, typed: str
) -> None:
    said, hint = refused(lay_out(tmp_path / "d", *names))
    assert sentence in said
    assert typed.format(tmp_path / "d") in hint


def test_what_is_in_a_zip_must_come_out_before_it_can_be_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        for name in "abc":
            archive.writestr(f"{name}/1.jpg", name)
    assert "unpack the zip first" in refused(tmp_path / "d.zip")[1]


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        (["train/1.jpg", "test/2.jpg"], ["train/1.jpg"]),
        (["train/cat/1.jpg", "train/dog/1.jpg", "val/cat/1.jpg"],
         ["train/cat/1.jpg", "train/dog/1.jpg"]),
        (["cat/train/1.jpg", "cat/test/2.jpg", "dog/train/1.jpg"],
         ["cat/train/1.jpg", "dog/train/1.jpg"]),
        (["monet_jpg/1.jpg", "monet_tfrec/1.tfrec"], ["monet_jpg/1.jpg"]),
        (["00000/1.jpg", "00001/1.jpg"], ["00000/1.jpg", "00001/1.jpg"]),
        (["a/deep/1.jpg", "2.jpg"], ["2.jpg", "a/deep/1.jpg"]),
    ],
)  # fmt: skip
def test_one_side_is_its_training_split(tmp_path: Path, names: list[str], taken) -> None:
    found = layout.training_set(str(lay_out(tmp_path / "d", *names)))
    assert [found.prefix + name for name in found.names] == taken


def test_a_folder_and_its_training_split_are_the_same_set(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "d", "train/1.jpg", "test/2.jpg")
    whole, split = layout.training_set(str(root)), layout.training_set(str(root / "train"))
    assert whole.names == split.names == ("1.jpg",)
    assert (whole.left_alone, split.left_alone) == (("test (1)",), ())


def test_a_test_is_trained_on_only_when_it_is_named_itself(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "d", "test/1.jpg", "val/2.jpg")
    with pytest.raises(InputError, match="nobody trains on a test") as caught:
        layout.training_set(str(root))
    assert f"{root}/test" in caught.value.hint
    assert layout.training_set(str(root / "test")).names == ("1.jpg",)


def test_one_side_that_plainly_is_two_sets_is_refused(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "d", "trainA/1.jpg", "trainB/2.jpg")
    with pytest.raises(InputError, match="two sets") as caught:
        layout.training_set(str(root))
    assert f"{root}/trainA or {root}/trainB" in caught.value.hint


@pytest.mark.parametrize(
    ("names", "source", "target"),
    [
        (["cats/1.jpg", "dogs/2.jpg"], None, ["cats/1.jpg", "dogs/2.jpg"]),
        (["train/cats/1.jpg", "train/dogs/2.jpg", "val/dogs/3.jpg"], None,
         ["cats/1.jpg", "dogs/2.jpg"]),
        (["a/1.jpg", "b/1.jpg", "c/1.jpg"], None, ["a/1.jpg", "b/1.jpg", "c/1.jpg"]),
        (["1.jpg", "test/2.jpg"], None, ["1.jpg"]),
        (["00000/1.jpg", "00001/2.jpg"], None, ["00000/1.jpg", "00001/2.jpg"]),
        (["photos/1.jpg", "paintings/2.jpg"], ["1.jpg"], ["2.jpg"]),
        (["monet/1.jpg", "x/2.jpg"], ["2.jpg"], ["1.jpg"]),
        (["trainA/1.jpg", "trainB/2.jpg"], ["1.jpg"], ["2.jpg"]),
        (["photo_jpg/1.jpg", "monet_jpg/2.jpg"], ["1.jpg"], ["2.jpg"]),
    ],
)  # fmt: skip
def test_models_from_noise_learn_all_of_what_no_name_divides(
    tmp_path: Path, names: list[str], source, target: list[str]
) -> None:
    found = layout.what_noise_needs(str(lay_out(tmp_path / "d", *names)))
    assert [side and list(side.names) for side in found] == [source, target]


@pytest.mark.parametrize("name", ["monet2photo", "photo2monet", "maps"])
@pytest.mark.parametrize("below", ["", "3.0.0/"])
@pytest.mark.parametrize("ending", ["tfrecord-0000{}-of-00002", "tfrec{}.tfrecords.gz"])
def test_records_tell_cyclegans_sides_in_their_own_names(
    tmp_path: Path, name: str, below: str, ending: str
) -> None:
    ends = [ending.format(part) for part in range(2)]
    sides = ("trainA", "trainB", "testA", "testB")
    files = [f"{below}cycle_gan-{side}.{end}" for side in sides for end in ends]
    root = lay_out(tmp_path / name, *files, f"{below}features.json")
    for path in {root, root / below}:
        source, target = layout.two_sets(str(path))
        assert (source.records, target.records) == (True, True)
        a, b = (target, source) if name == "monet2photo" else (source, target)
        assert a.names == tuple(f"cycle_gan-trainA.{end}" for end in ends)
        assert b.names == tuple(f"cycle_gan-trainB.{end}" for end in ends)
        assert a.left_alone == b.left_alone == ("4 lying beside",)
        assert all((path / one.prefix / file).is_file() for one in (a, b) for file in one.names)


def test_half_of_cyclegans_records_say_what_is_missing(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "x", "x-trainA.tfrecord-00000-of-00001", "x-testB.tfrecord")
    with pytest.raises(InputError, match="x has records of trainA but none of trainB"):
        layout.two_sets(str(root))


@pytest.mark.parametrize(
    "name",
    [
        *("a.tfrec", "a.TFRecord", "a.tfrecords", "train.record", "a.records", "a.tfrecords.gz"),
        *("a.tfrecord.zlib", "x-trainA.tfrecord-00000-of-00001", "a.tfrecord-3-of-4.gz"),
        *("train-00000-of-01024", "below/train-00000-of-01024", "a.b.tfrec.GZ"),
    ],
)
def test_records_are_known_by_many_names(tmp_path: Path, name: str) -> None:
    found = layout.one_set(str(lay_out(tmp_path, name)))
    assert (found.names, found.records) == ((name,), True)
    assert layout.one_set(str(tmp_path / name)).records


@pytest.mark.parametrize(
    "name",
    [
        *("model.data-00000-of-00001", "a-00000-of-00001.parquet", "model-00001-of-00002.bin"),
        *("a.gz", "a.recording", "record", "tfrecord", "a.tfrec.txt", "a.csv.gz"),
    ],
)
def test_other_shards_and_packed_files_are_no_records(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="holds no pictures"):
        layout.one_set(str(lay_out(tmp_path, name)))


def test_records_in_other_hands_make_no_side_beside_pictures(tmp_path: Path) -> None:
    pictures = ("photo/1.jpg", "monet/1.jpg")
    others = ("all.record", "cycle_gan/x-trainA.tfrecord-00000-of-00001", "photo/2.tfrecord.gz")
    assert titles(lay_out(tmp_path / "x", *pictures, *others)) == ("x/photo", "x/monet")


def write(root: Path, form: str, *names: str) -> Path:
    """A tiny picture under any name."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(root / name, form)
    return root


JUNK = ("SHA256SUMS", "notes.txt", "Thumbs.db", "a.jpg.json", "labels.npy", "LICENSE")


@pytest.mark.parametrize("packed", [False, True])
def test_pictures_are_found_by_their_bytes_where_the_ending_says_nothing(
    tmp_path: Path, packed: bool
) -> None:
    root = write(tmp_path / "d", "JPEG", "IMG_1", "a.jpg_large", "b.jpg?size=1.5", "c.pjpeg")
    write(root, "PNG", "d.download", "e.heic")  # whatever it is called
    (root / "f.JXL").write_bytes(b"\xff\x0a")
    for name in JUNK:
        (root / name).write_text("d41d8cd98f00b204e9800998ecf8427e")
    os.mkfifo(root / "pipe")
    if packed:
        with zipfile.ZipFile(tmp_path / "d.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for file in root.iterdir():
                if file.is_file():
                    archive.write(file, file.name)
        root = tmp_path / "d.zip"
    found = layout.one_set(str(root)).names
    assert found == (
        *("IMG_1", "a.jpg_large", "b.jpg?size=1.5", "c.pjpeg", "d.download", "e.heic", "f.JXL"),
    )


def test_files_with_a_known_ending_are_not_opened(tmp_path: Path, monkeypatch) -> None:
    opened = []
    monkeypatch.setattr(Tree, "head", lambda self, name: opened.append(name) or b"")
    root = lay_out(tmp_path / "d", "a/1.jpg", "b/2.HEIC", "b/3.png", "b/3.json", "b/4.npy", "b/5")
    layout.two_sets(str(root))
    assert opened == ["b/5"]


def test_a_disk_that_fails_takes_no_picture_away(tmp_path: Path, monkeypatch) -> None:
    def fail(self, name: str) -> bytes:
        raise TemporaryFailure("cannot be read (Input/output error)")

    monkeypatch.setattr(Tree, "head", fail)
    assert layout.one_set(str(lay_out(tmp_path / "d", "1.jpg", "2"))).names == ("1.jpg", "2")


def test_a_picture_without_an_ending_is_one_picture(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is one picture"):
        layout.one_set(str(write(tmp_path, "PNG", "picture") / "picture"))


def test_two_folders_may_be_known_by_bytes_alone(tmp_path: Path) -> None:
    root = write(tmp_path / "d", "JPEG", "photos/IMG_1", "art/2.jpg_large", "README")
    (root / "README").write_text("about")
    assert titles(root) == ("d/photos", "d/art")


def test_other_pictures_beside_two_folders_of_pictures_do_not_make_them_unclear(
    tmp_path: Path,
) -> None:
    root = lay_out(tmp_path / "d", "photos/1.jpg", "art/2.jpg", "raw/1.NEF", "poster.psd")
    write(root, "PNG", "cache/4f2a", "cover")
    assert titles(root) == ("d/photos", "d/art")


def test_a_side_that_is_not_read_is_named(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(picture_kinds, "HEIF", "")
    root = lay_out(tmp_path / "d", "photos/1.heic", "art/2.jpg")
    with pytest.raises(layout.OneSet, match=r"\(1 more not read, as photos/1.heic\), and two"):
        layout.two_sets(str(root))
    lay_out(tmp_path / "e", "photos/1.heic", "art/2.heic")
    assert titles(tmp_path / "e") == ("e/photos", "e/art")


def test_pictures_without_an_ending_beside_others_are_of_their_side(tmp_path: Path) -> None:
    root = write(tmp_path / "d", "JPEG", "photos/1.jpg", "photos/2", "monet/1.jpg", "stray")
    lay_out(root, "photos/raw/3.nef")
    source, target = layout.two_sets(str(root))
    assert (source.names, target.names) == (("1.jpg", "2", "raw/3.nef"), ("1.jpg",))


def test_records_are_not_given_up_for_a_stray_picture(tmp_path: Path) -> None:
    root = write(lay_out(tmp_path / "d", "a.tfrec", "poster.psd"), "JPEG", "preview")
    assert layout.one_set(str(root)).names == ("a.tfrec",)


def test_a_test_split_stays_out_whatever_its_files_are_called(tmp_path: Path) -> None:
    root = write(lay_out(tmp_path / "d", "more/4.jp2"), "JPEG", "1.jpg", "2", "test/3")
    assert layout.training_set(str(root)).names == ("1.jpg", "2", "more/4.jp2")


@pytest.mark.parametrize(
    "names", [("photo00-3.tfrec", "monet00-3.tfrec"), ("photo_1.jpg", "monet_1.jpg")]
)
def test_files_called_by_two_sets_are_two_sets_of_one_folder(tmp_path: Path, names) -> None:
    root = lay_out(tmp_path / "d", *names)
    source, target = layout.two_sets(str(root))
    assert (source.names, target.names) == ((names[0],), (names[1],))
    with pytest.raises(InputError, match="two sets") as caught:
        layout.training_set(str(root))
    assert f"--data {root}" in caught.value.hint


@pytest.mark.parametrize(
    "names", [("photo_1.jpg", "z.jpg", "monet_1.jpg"), ("photo_1.jpg", "x.jpg")]
)
def test_a_file_called_by_none_leaves_a_folder_one_set(tmp_path: Path, names) -> None:
    assert len(layout.training_set(str(lay_out(tmp_path / "d", *names))).names) == len(names)


@pytest.mark.parametrize(
    ("train", "tests"),
    [
        (("x-train.tfrecord-0-of-1",), ("x-test.tfrecord-0-of-1", "x-val.tfrecord-0-of-1")),
        (("train-00000-of-00002", "train-00001-of-00002"), ("validation-00000-of-00001",)),
        (("a/cat_train_1.jpg",), ("a/cat_test_1.jpg", "a/dog_val_1.jpg")),
    ],
)  # fmt: skip
def test_files_called_as_tests_are_left_alone_beside_those_to_train_on(
    tmp_path: Path, train, tests
) -> None:
    found = layout.training_set(str(lay_out(tmp_path / "d", *train, *tests)))
    assert found.names == train
    assert tests[0] in found.left_alone[0]


@pytest.mark.parametrize(
    "names", [("test_1.jpg", "test_2.jpg"), ("test_1.jpg", "train_1.jpg", "a.jpg")]
)
def test_files_are_of_no_split_where_not_all_say_so(tmp_path: Path, names) -> None:
    assert layout.training_set(str(lay_out(tmp_path / "d", *names))).names == tuple(sorted(names))


@pytest.mark.parametrize("sides", [("trainA", "trainB"), ("photo", "monet")])
def test_two_sets_twice_are_no_sides(tmp_path: Path, sides) -> None:
    names = [f"{above}/{side}/1.jpg" for above in ("horses", "maps") for side in sides]
    root = lay_out(tmp_path / "d", *names)
    assert f"--data {root}/horses" in refused(root)[1]
    assert titles(lay_out(tmp_path / "e", *(n.replace("maps", "photos") for n in names)))


@pytest.mark.parametrize("more", ["sample.jpg", "photo2/1.jpg"])
def test_models_from_noise_are_not_taught_photographs_where_more_lies_beside(
    tmp_path: Path, more: str
) -> None:
    root = lay_out(tmp_path / "d", "photo/1.jpg", "monet/1.jpg", more)
    with pytest.raises(layout.OneSet, match="which are the two sets is not clear"):
        layout.what_noise_needs(str(root))


def test_what_is_packed_beside_pictures_is_told(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "d", "1.jpg", "2.tfrec", "more/3.zip", "4.tar.gz")
    assert layout.one_set(str(root)).left_alone == (
        "2.tfrec (TFRecords beside pictures)",
        "4.tar.gz and 1 more (packed, not opened)",
    )


def test_folders_in_a_zip_may_be_set_apart_as_in_windows(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr("d\\", "")
        for name in ("d\\trainA\\1.jpg", "d\\trainB\\2.jpg", "d\\testA\\3.jpg"):
            archive.writestr(name, name)
    source, target = layout.two_sets(str(tmp_path / "d.zip"))
    assert (source.prefix, target.prefix) == ("d/trainA/", "d/trainB/")
    assert source.read("1.jpg") == b"d\\trainA\\1.jpg"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a/1.png", "a/1.png", "a/2.png"], "has more than one file called a/1.png"),
        (["../../0.png", ".hidden/1.png"], "(2, for instance ../../0.png)"),
    ],
)
def test_a_zip_of_which_pictures_would_be_lost_is_refused(tmp_path, names, said):
    path = tmp_path / "pictures.zip"
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")  # zipfile warns of the same name as well
        for name in names:
            archive.writestr(name, b"x")
    with pytest.raises(InputError) as error:
        file_tree.open_tree(str(path))
    assert said in str(error.value)
