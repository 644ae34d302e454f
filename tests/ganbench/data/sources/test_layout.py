import os
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from ganbench.data.sources import layout, picture_kinds
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
