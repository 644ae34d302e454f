import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from ganbench.data.sources import decode as module
from ganbench.data.sources.decode import BrokenPicture, decode


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
