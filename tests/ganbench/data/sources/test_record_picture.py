import io

import numpy as np
import pytest
from PIL import Image

from ganbench.data.sources.record_picture import find

PIXELS = np.arange(6 * 5 * 3, dtype=np.uint8).reshape(6, 5, 3)


def encoded(kind: str = "PNG", value: int = 0) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (6, 5), (value, 0, 0)).save(data, kind)
    return data.getvalue()


def raw(stored: bytes, numbers: dict[str, list[int]], key: str = "data") -> np.ndarray:
    found = find({key: stored, "label": b"x" * 30}, numbers)
    assert isinstance(found, tuple) and found[0] == ""
    return decoded(found[1])


def decoded(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM", "AVIF"])
@pytest.mark.parametrize(
    "key", ["image", "image/encoded", "image_raw", "img", "jpeg", "data", "my own key"]
)
def test_the_picture_is_told_by_its_bytes_whatever_its_key(key: str, kind: str) -> None:
    data = encoded(kind)
    assert find({key: data, "label": b"P5 and BM", "none": b""}, {"id": [3]}) == ("", data)


@pytest.mark.parametrize("key", ["image_name", "image/filename", "filename", "file_name", "name"])
def test_a_record_may_name_its_picture(key: str) -> None:
    assert find({"x": encoded(), key: b"a/\xffb.png"}, {}) == ("a/\ufffdb.png", encoded())


@pytest.mark.parametrize(
    "keys", [("image", "thumbnail"), ("mask", "image/encoded"), ("image/encoded", "jpeg", "data")]
)
def test_of_several_pictures_the_one_with_a_known_name_is_meant(keys: tuple[str, ...]) -> None:
    known = next(key for key in keys if key not in ("thumbnail", "mask"))
    contents = {key: encoded(value=place) for place, key in enumerate(keys)}
    assert find(contents, {}) == ("", contents[known])


def test_several_pictures_without_a_known_name_are_named_and_not_guessed() -> None:
    said = find({"photo": encoded(), "painting\x1b": encoded()}, {})
    assert said == "pictures under painting_, photo: which of them is meant is not clear"


@pytest.mark.parametrize(
    ("numbers", "stored"),
    [
        ({"height": [6], "width": [5], "depth": [3]}, PIXELS),
        ({"height": [6], "width": [5]}, PIXELS),
        ({"image/height": [6], "image/width": [5], "image/channels": [3]}, PIXELS),
        ({"rows": [6], "cols": [5]}, PIXELS[..., 0]),
        ({"shape": [6, 5, 3]}, PIXELS),
        ({"shape": [6, 5]}, PIXELS[..., 0]),
        ({"shape": [6, 5, 1]}, PIXELS[..., 0]),
        ({"shape": [6, 5, 4]}, np.dstack([PIXELS, PIXELS[..., :1]])),
    ],
)
def test_raw_pixels_are_a_picture_where_the_record_tells_their_shape(
    numbers: dict[str, list[int]], stored: np.ndarray
) -> None:
    assert np.array_equal(raw(stored.tobytes(), numbers), stored)


def test_channels_may_come_first_as_progan_writes_them() -> None:
    stored = PIXELS.transpose(2, 0, 1).tobytes()
    assert np.array_equal(raw(stored, {"shape": [3, 6, 5]}), PIXELS)


def test_raw_pixels_that_begin_as_a_file_does_are_pixels_all_the_same() -> None:
    stored = b"\xff\xd8\xff" + bytes(6 * 5 * 3 - 3)
    assert raw(stored, {"height": [6], "width": [5]}).tobytes() == stored


def test_a_file_beside_raw_pixels_is_the_picture() -> None:
    contents = {"mask": bytes(30), "image": encoded()}
    assert find(contents, {"height": [6], "width": [5]}) == ("", encoded())


@pytest.mark.parametrize(
    ("contents", "numbers", "said"),
    [
        ({}, {}, "no picture under any key (keys: none)"),
        ({"label": b"dog"}, {}, "no picture under any key (keys: label)"),
        ({"image": b""}, {}, "no picture under any key (keys: image)"),
        (
            dict.fromkeys(["\x1b]0;title", "k" * 300, "a", "b", "c", "d"], b""), {},
            "no picture under any key (keys: _]0;title, a, b, c, d, …)",
        ),
        (
            {"image": bytes(70)}, {"height": [6], "width": [5], "depth": [3]},
            "no picture, nor 6 x 5 x 3 bytes of pixels (keys: image)",
        ),
        (
            {"data": bytes(72)}, {"shape": [-6, -4, 3]},
            "no picture, nor -6 x -4 x 3 bytes of pixels (keys: data)",
        ),
        (
            {"data": bytes(72)}, {"shape": [2**40, 2**40, 3]},
            "no picture, nor 1099511627776 x 1099511627776 x 3 bytes of pixels (keys: data)",
        ),
        (
            {"image": b"\x08\x04\x12\x08rest"}, {},
            "a serialized tensor under image, where a picture's file is needed",
        ),
    ],
)  # fmt: skip
def test_a_record_without_a_picture_says_what_it_has(contents, numbers, said: str) -> None:
    assert find(contents, numbers) == said


def test_what_lies_under_image_is_left_to_the_decoder_to_judge() -> None:
    assert find({"image": b"no picture", "label": b"x"}, {}) == ("", b"no picture")
