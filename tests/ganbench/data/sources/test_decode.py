import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from ganbench.data.sources import decode as module
from ganbench.data.sources import picture_kinds
from ganbench.data.sources.decode import BrokenPicture, decode, decode_whole, digest, look


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def noise(width: int, height: int) -> Image.Image:
    values = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(values)


def test_a_picture_of_the_right_size_keeps_every_bit() -> None:
    image = noise(32, 32)
    assert np.array_equal(decode(encoded(image), 32).pixels, np.asarray(image))


def test_a_wide_picture_of_the_right_height_is_cut_in_the_middle_and_not_filtered() -> None:
    image = noise(51, 32)
    found = decode(encoded(image), 32)
    assert np.array_equal(found.pixels, np.asarray(image)[:, 9:41])
    assert (found.width, found.height) == (51, 32)


def test_shrinking_averages_so_that_a_fine_checkerboard_becomes_grey() -> None:
    board = (np.indices((256, 256)).sum(axis=0) % 2 * 255).astype(np.uint8)
    pixels = decode(encoded(Image.fromarray(board)), 32).pixels
    assert np.abs(pixels.astype(int) - 127).max() <= 2


@pytest.mark.parametrize(("width", "height"), [(1, 1), (7, 90), (90, 7), (500, 300)])
def test_any_shape_becomes_a_square(width: int, height: int) -> None:
    pixels = decode(encoded(noise(width, height)), 16).pixels
    assert pixels.shape == (16, 16, 3)
    assert pixels.dtype == np.uint8


def test_exif_orientation_is_applied_to_picture_and_size() -> None:
    left_red = np.zeros((40, 80, 3), np.uint8)
    left_red[:, :40, 0] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned a quarter clockwise: left becomes top
    found = decode(encoded(Image.fromarray(left_red), "JPEG", exif=exif, quality=95), 16)
    assert (found.width, found.height) == (40, 80)
    assert found.pixels[0, :, 0].min() > 200
    assert found.pixels[-1, :, 0].max() < 50


def test_exif_of_a_photograph_that_jpeg_shrinks_while_decoding_is_applied_too() -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    found = decode(encoded(noise(640, 400), "JPEG", exif=exif), 16)
    assert (found.width, found.height) == (400, 640)


def test_transparency_is_laid_on_white() -> None:
    clear = Image.new("RGBA", (16, 16), (200, 0, 0, 0))
    half = Image.new("LA", (16, 16), (0, 128))
    assert decode(encoded(clear), 16).pixels.min() == 255
    assert np.abs(decode(encoded(half), 16).pixels.astype(int) - 127).max() <= 1


def test_a_palette_with_a_transparent_colour_is_laid_on_white() -> None:
    image = Image.new("P", (16, 16), 0)
    image.putpalette([10, 20, 30, 40, 50, 60])
    assert decode(encoded(image), 16).pixels[0, 0].tolist() == [10, 20, 30]
    assert decode(encoded(image, transparency=0), 16).pixels.min() == 255


@pytest.mark.parametrize("mode", ["L", "1"])
def test_grey_becomes_three_equal_channels(mode: str) -> None:
    pixels = decode(encoded(noise(16, 16).convert(mode)), 16).pixels
    assert np.array_equal(pixels[..., 0], pixels[..., 2])
    assert pixels.std() > 0


def test_cmyk_becomes_rgb() -> None:
    cyan = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    red, green, blue = decode(encoded(cyan, "JPEG", quality=95), 16).pixels[8, 8].tolist()
    assert red < 40
    assert min(green, blue) > 150


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_and_not_cut_off(kind: str) -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    pixels = decode(encoded(Image.fromarray(ramp), kind), 16).pixels
    assert np.abs(pixels[..., 0].ravel().astype(int) - np.arange(256)).max() <= 1


def test_floats_from_0_to_1_are_scaled_and_other_ranges_refused() -> None:
    ramp = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    assert decode(encoded(Image.fromarray(ramp), "TIFF"), 16).pixels.max() == 255
    with pytest.raises(BrokenPicture, match="without a known white"):
        decode(encoded(Image.fromarray(ramp * 5000), "TIFF"), 16)


def test_the_first_frame_of_an_animation_is_taken() -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode(data, 16).pixels[0, 0].tolist() == [255, 0, 0]


def test_a_cut_jpeg_is_broken_at_every_length() -> None:
    whole = encoded(noise(32, 32), "JPEG")
    for length in range(0, len(whole) - 200, 97):
        with pytest.raises(BrokenPicture):
            decode(whole[:length], 32)


def test_text_and_nothing_are_named_as_such() -> None:
    with pytest.raises(BrokenPicture, match="not a picture"):
        decode(b"hello", 16)
    with pytest.raises(BrokenPicture, match="empty"):
        decode(b"", 16)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [12_000, 30_000])
def test_a_header_that_claims_absurdly_many_pixels_is_refused_before_decoding(side: int) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + checksum

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(100)))
    with pytest.raises(BrokenPicture, match=r"too many|more pixels"):
        decode(bomb, 16)


def claiming(kind: str, mode: str, width: int, height: int, monkeypatch) -> str:
    """What is said of a picture of this size, whose pixels are not looked at."""
    small = encoded(Image.new(mode, (8, 8)), kind)
    monkeypatch.setattr(module, "_prepare_whole", lambda image: _sized(image, width, height))
    try:
        module.decode_whole(small)
    except BrokenPicture as reason:
        return str(reason)
    return ""


def _sized(image: Image.Image, width: int, height: int) -> None:
    image._size = (width, height)
    with module._memory_for(image):
        pass


@pytest.mark.parametrize(
    ("kind", "mode", "most"),
    [
        *(("PNG", mode, 120) for mode in ("1", "L", "LA", "P", "RGB", "RGBA")),
        *((kind, "RGB", 120) for kind in ("TIFF", "BMP", "JPEG")),
        *(("PNG", "I;16", 60), ("TIFF", "F", 60), ("JPEG", "CMYK", 60), ("WEBP", "RGB", 40)),
    ],
)
def test_large_scans_are_taken_as_far_as_memory_allows(
    kind: str, mode: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert claiming(kind, mode, 1000, most * 1000, monkeypatch) == ""
    assert "too many" in claiming(kind, mode, 1000, most * 1000 + 1, monkeypatch)


def turned(kind: str, turn: int, **options: object) -> bytes:
    """Four colours in 60 x 40, said to be turned."""
    image = Image.fromarray(np.arange(12, dtype=np.uint8).reshape(2, 2, 3) * 20)
    image = image.resize((60, 40), Image.Resampling.NEAREST)
    exif = Image.Exif()
    exif[0x0112] = turn
    if kind == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
        options["exif"] = exif.tobytes()
    return encoded(image, kind, **({"exif": exif} | options))


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        *(("JPEG", {}), ("PNG", {}), ("WEBP", {"lossless": True}), ("AVIF", {"speed": 10})),
        *(("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"}), ("HEIF", {})),
    ],
)
def test_header_and_pixels_agree_however_a_picture_is_turned(
    kind: str, options: dict[str, object], turn: int
) -> None:
    data = turned(kind, turn, **options)
    told, pixels, square = look(data), decode_whole(data), decode(data, 16)
    size = (40, 60) if turn <= 4 else (60, 40)
    assert (told.height, told.width) == pixels.shape[:2] == (square.height, square.width) == size
    expected = decode_whole(turned("PNG", turn))
    assert np.abs(pixels[::8, ::8].astype(int) - expected[::8, ::8]).max() < 40


def test_an_orientation_after_the_pixels_of_a_png_is_seen_by_both() -> None:
    data = turned("PNG", 6)
    start = data.index(b"eXIf") - 4
    length = 12 + struct.unpack(">I", data[start : start + 4])[0]
    chunk, rest = data[start : start + length], data[:start] + data[start + length :]
    end = rest.index(b"IEND") - 4
    late = rest[:end] + chunk + rest[end:]
    assert (look(late).height, look(late).width) == decode_whole(late).shape[:2] == (60, 40)


@pytest.mark.parametrize(("highest", "top"), [(4095, 4095), (65535, 65535), (900, 900)])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_the_largest_value_of_a_16_bit_picture_is_told(kind: str, highest: int, top: int) -> None:
    values = np.array([[0, highest], [1, 2]], np.uint16)
    assert look(encoded(Image.fromarray(values), kind)).top == top
    assert look(encoded(noise(4, 4), kind)).top is None


def colours_16(values: np.ndarray) -> bytes:
    """A PNG of uint16 H W 3, which Pillow cannot write."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + checksum

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *values.shape[1::-1], 16, 2, 0, 0, 0))
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    body = chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + body


def test_of_16_bit_colours_the_upper_half_tells_the_largest_value() -> None:
    values = np.arange(48, dtype=np.uint16).reshape(4, 4, 3) * 80
    assert look(colours_16(values)).top == 47 * 80 // 256 * 256 + 255


def tiff(pixels: bytes, **tags: int) -> bytes:
    """8 x 8 grey pixels and what is said of them."""
    numbers = {"subfile": 254, "width": 256, "height": 257, "bits": 258, "compression": 259}
    numbers |= {"photometric": 262, "offset": 273, "samples": 277, "rows": 278, "count": 279}
    numbers |= {"directories": 330}
    told = {"width": 8, "height": 8, "bits": 8, "compression": 1, "photometric": 1, "samples": 1}
    told |= {"offset": 8, "rows": 8, "count": len(pixels)} | tags
    entries = sorted((numbers[name], value) for name, value in told.items())
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    start = struct.pack("<I", 8 + len(pixels))
    return b"II*\0" + start + pixels + struct.pack("<H", len(entries)) + table + bytes(4)


def test_12_bits_that_a_tiff_says_it_has_are_scaled() -> None:
    values = np.linspace(0, 4095, 64).astype(int)
    bits = "".join(f"{value:012b}" for value in values)
    packed = bytes(int(bits[place : place + 8], 2) for place in range(0, len(bits), 8))
    data = tiff(packed, bits=12)
    assert np.array_equal(decode_whole(data)[..., 0].ravel(), np.rint(values * (255 / 4095)))
    assert look(data).top is None


def test_the_preview_of_a_cameras_raw_file_is_not_taken_for_the_picture() -> None:
    grey = bytes(range(64))
    assert decode_whole(tiff(grey)).shape == (8, 8, 3)
    assert decode_whole(tiff(grey, subfile=1)).shape == (8, 8, 3)  # alone it is what there is
    with pytest.raises(BrokenPicture, match="a camera's raw file"):
        decode_whole(tiff(grey, subfile=1, directories=8))


def test_heic_is_read_where_pillow_heif_is() -> None:
    pytest.importorskip("pillow_heif").register_heif_opener()
    image = noise(3, 2).resize((40, 30))
    data = encoded(image, "HEIF", quality=95)
    assert np.abs(decode_whole(data).astype(int) - np.asarray(image)).mean() < 8
    assert (decode(data, 16).width, decode(data, 16).height) == (40, 30)
    for length in range(0, len(data), 97):
        with pytest.raises(BrokenPicture):
            decode_whole(data[:length])


def test_without_it_a_heic_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_kinds, "HEIF", "")
    with pytest.raises(BrokenPicture, match=r'pip install "ganbench\[heif\]"'):
        look(b"\0\0\0\x1cftypheic\0\0\0\0mif1heic" + bytes(400))


def test_the_digest_of_a_heic_is_another_once_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    heic, jpeg = b"\0\0\0\x1cftypheic", encoded(noise(8, 8), "JPEG")
    found = []
    for version in ("", "1.8.0", "1.8.1"):
        monkeypatch.setattr(picture_kinds, "HEIF", version)
        found.append((digest(heic), digest(jpeg)))
    assert len({one for one, _ in found}) == 3
    assert len({other for _, other in found}) == 1
