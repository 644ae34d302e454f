import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganbench.data import load
from ganbench.data.sources import bounded_read, layout, picture_kinds
from ganbench.data.sources.decode import FORMATS, BrokenPicture, decode_whole, look
from ganbench.errors import InputError
from ganbench.scoring.image_sets import open_side

SAVED = {  # kind -> Pillow's name of it
    **{"JPEG": "JPEG", "PNG": "PNG", "GIF": "GIF", "WebP": "WEBP", "BMP": "BMP", "TIFF": "TIFF"},
    **{"PPM": "PPM", "JPEG 2000": "JPEG2000"},
    **({"AVIF": "AVIF"} if "AVIF" in FORMATS else {}),
}
ORIENTATION = 0x0112
TURNED = {  # EXIF orientation -> what is seen of H W 3
    1: lambda p: p,
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.transpose(1, 0, 2),
    6: lambda p: np.rot90(p, -1),
    7: lambda p: np.rot90(p, 2).transpose(1, 0, 2),
    8: lambda p: np.rot90(p),
}
PIXELS = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)


def saved(kind: str = "JPEG", pixels: np.ndarray = PIXELS, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, SAVED.get(kind, kind), **options)
    return buffer.getvalue()


def lay_out(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def packed(root: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(root / "set.zip", "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return root / "set.zip"


@pytest.mark.parametrize("kind", SAVED)
def test_a_file_is_what_its_first_bytes_say(kind: str) -> None:
    data = saved(kind)
    assert picture_kinds.kind(data[: picture_kinds.HEAD]) == kind
    assert picture_kinds.kind(b"x" + data) == ""
    if picture_kinds.is_read(kind):
        assert look(data).width == 32
        assert picture_kinds.by_ending(f"a{picture_kinds.usual_ending(data)}") == kind


@pytest.mark.parametrize(
    "text",
    [b"", b"P", b"P5", b"BM is the name of a firm", b"II* Chronicles", b"GIF89", b"\xff\xd8"],
)
def test_what_only_begins_like_a_picture_is_none(text: bytes) -> None:
    assert picture_kinds.kind(text) == ""


NAMED = {
    **{"a.pjpeg": "JPEG", "b.jpg_large": "JPEG", "c": "JPEG", "d.JPG": "JPEG", "e.jfif": "JPEG"},
    **{"f.jpg?size=large": "JPEG", "g.png": "WebP", "h.orig": "PNG", "IMG_0001.JPG.1": "JPEG"},
}
NONE = {
    "README": b"P is for pictures",
    "Thumbs.db": b"\xd0\xcf",
    "a.json": b"{}",
    "SHA256SUMS": b"0",
}


@pytest.mark.parametrize("place", [lay_out, packed])
def test_pictures_under_any_name_are_found_and_other_files_are_not(place, tmp_path: Path) -> None:
    files = {name: saved(kind) for name, kind in NAMED.items()}
    root = place(tmp_path, files | NONE)
    assert set(layout.one_set(str(root)).names) == set(NAMED)
    domain = load.load_one(str(root), 16)
    assert len(domain.names) == len(NAMED) and domain.skipped == ()


@pytest.mark.parametrize("place", [lay_out, packed])
def test_what_cannot_be_read_is_counted_and_named(place, tmp_path: Path) -> None:
    unread = {
        "a.jp2": (saved("JPEG 2000"), "JPEG 2000, which is not read: save it as PNG"),
        "b.jxl": (b"\xff\x0a" + bytes(99), "JPEG XL, which is not read: save it as PNG"),
        "c": (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(99), "JPEG XL, which is not read"),
        "d.jpg": (b"<html>404</html>", "not a picture"),
        "e.psd": (b"8BPS" + bytes(99), "PSD, which is not read"),
    }
    good = {f"{i}.png": saved("PNG", PIXELS + np.uint8(i)) for i in range(3)}
    root = place(tmp_path, {name: data for name, (data, _) in unread.items()} | good | NONE)
    skipped = {one.name: one.reason for one in load.load_one(str(root), 16).skipped}
    assert skipped.keys() == unread.keys()
    for name, (_, reason) in unread.items():
        assert skipped[name].startswith(reason), name
    assert open_side(str(root)).skipped() == skipped


def test_known_endings_are_not_opened_while_a_folder_is_listed(tmp_path: Path, monkeypatch) -> None:
    root = lay_out(tmp_path, {"a/1.jpg": b"", "b/2.jpg": b"", "b/notes.txt": b"", "b/3.npy": b""})
    monkeypatch.setattr(bounded_read, "read_head", lambda *_: pytest.fail("opened"))
    assert [one.names for one in layout.two_sets(str(root))] == [("1.jpg",), ("2.jpg",)]


def test_strays_without_an_ending_make_no_third_side(tmp_path: Path) -> None:
    strays = {"thumb": saved(), "raw/1.nef": b"II*\0", "cache/x": saved()}
    files = {"photos/1.jpg": saved(), "photos/2": saved(), "monet/1.jpg": saved()}
    source, target = layout.two_sets(str(lay_out(tmp_path / "x", files | strays)))
    assert (source.names, target.names) == (("1.jpg", "2"), ("1.jpg",))


def test_sides_that_only_bytes_tell_are_sides(tmp_path: Path) -> None:
    files = {"photos/1": saved(), "photos/2": saved(), "monet/1.jpg": saved()}
    source, target = layout.two_sets(str(lay_out(tmp_path / "x", files)))
    assert (source.names, target.names) == (("1", "2"), ("1.jpg",))


def test_records_are_not_given_up_for_a_stray_picture(tmp_path: Path) -> None:
    files = {"a.tfrec": b"", "preview": saved(), "poster.psd": b"8BPS\0\1"}
    assert layout.one_set(str(lay_out(tmp_path / "x", files))).names == ("a.tfrec",)
    files = {"photos/1.jpg": saved(), "photos/raw/2.nef": b"II*\0", "monet/1.jpg": saved()}
    source, _ = layout.two_sets(str(lay_out(tmp_path / "y", files)))
    assert source.names == ("1.jpg", "raw/2.nef")


def test_a_test_split_stays_out_whatever_its_files_are_called(tmp_path: Path) -> None:
    files = {"1.jpg": saved(), "2": saved(), "test/3": saved(), "more/4.jp2": saved("JPEG 2000")}
    listing = layout.training_set(str(lay_out(tmp_path / "x", files)))
    assert listing.names == ("1.jpg", "2", "more/4.jp2")


def test_heic_says_what_to_install(tmp_path: Path, monkeypatch) -> None:
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99)
    monkeypatch.setattr(picture_kinds, "HEIF", "")
    with pytest.raises(
        BrokenPicture, match=r'HEIC, which needs pillow-heif: pip install "ganbench'
    ):
        look(heic)
    root = lay_out(tmp_path / "x", {"photos/a.HEIC": heic, "monet/1.jpg": saved()})
    with pytest.raises(
        InputError, match=r"one set of pictures beside 1 files such as photos/a.HEIC"
    ):
        layout.two_sets(str(root))


@pytest.mark.parametrize("turn", TURNED)
@pytest.mark.parametrize(
    "kind", [*(k for k in SAVED if k in ("PNG", "TIFF", "WebP")), "JPEG", "AVIF"]
)
def test_header_and_picture_agree_on_every_orientation(kind: str, turn: int) -> None:
    if kind not in SAVED:
        pytest.skip("this Pillow has no AVIF")
    exif = Image.Exif()
    exif[ORIENTATION] = turn
    lossless = {"WebP": {"lossless": True}}.get(kind, {})
    data = saved(kind, exif=exif, **lossless)
    made, header = decode_whole(data), look(data)
    assert (header.height, header.width) == made.shape[:2]
    assert header.turned == (turn != 1)
    if kind not in ("JPEG", "AVIF"):
        np.testing.assert_array_equal(made, TURNED[turn](PIXELS))
    assert made.shape == TURNED[turn](PIXELS).shape


@pytest.mark.parametrize("turn", [1, 3, 6, 8])
def test_heic_is_read_upright_where_its_reader_is_there(turn: int) -> None:
    heif = pytest.importorskip("pillow_heif")
    smooth = np.linspace(0, 255, 64 * 96 * 3).reshape(64, 96, 3).astype(np.uint8)
    file, exif = io.BytesIO(), Image.Exif()
    exif[ORIENTATION] = turn
    heif.register_heif_opener()
    Image.fromarray(smooth).save(file, "HEIF", exif=exif.tobytes(), quality=95)
    made, header = decode_whole(file.getvalue()), look(file.getvalue())
    assert (header.height, header.width) == made.shape[:2] == TURNED[turn](smooth).shape[:2]
    assert np.abs(made.astype(int) - TURNED[turn](smooth)).mean() < 8


@pytest.mark.parametrize(("top", "bits"), [(255, 8), (1023, 10), (4095, 12)])
def test_few_bits_in_sixteen_are_told_of(top: int, bits: int, tmp_path: Path) -> None:
    for number in range(2):
        grey = np.random.default_rng(number).integers(0, top + 1, (32, 32)).astype(np.uint16)
        grey[0, 0] = top
        Image.fromarray(grey).save(tmp_path / f"{number}.png")
    (note,) = open_side(str(tmp_path)).notes
    assert f"2 of 2 files of {tmp_path} are 16-bit pictures" in note
    assert f"looks like {bits}-bit data stored unscaled" in note


def test_sixteen_full_bits_need_no_word(tmp_path: Path) -> None:
    grey = np.random.default_rng(0).integers(0, 2**16, (32, 32)).astype(np.uint16)
    Image.fromarray(grey).save(tmp_path / "a.png")
    assert open_side(str(tmp_path)).notes == ()
