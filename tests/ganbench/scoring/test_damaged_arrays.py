"""Damaged and made-up .npy and .npz files: one sentence, exit code 2, before the network."""

import struct
import zipfile

import numpy as np
import pytest


def pixels(count: int = 40) -> np.ndarray:
    """Noise, so that packing leaves enough bytes to damage."""
    return np.random.default_rng(0).integers(0, 256, (count, 12, 16, 3), dtype=np.uint8)


def npy(header: str) -> bytes:
    """A .npy file with any words as its header."""
    text = header.encode("latin1") + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + bytes(100)


def about(descr: str = "|u1", shape: str = "(5, 12, 16, 3)") -> str:
    return f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}}}"


def packed(file, method: int) -> None:
    """A .npz whose packed bytes are damaged in the middle."""
    with zipfile.ZipFile(file, "w", method) as archive, archive.open("images.npy", "w") as stream:
        np.save(stream, pixels())
    data = bytearray(file.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(400)
    file.write_bytes(data)


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_a_damaged_npz_is_one_sentence(ganbench, tmp_path, real, method, eight):
    packed(tmp_path / "array.npz", method)
    code, _, err = ganbench("score", tmp_path / "array.npz", real)
    assert code == 2
    assert "cannot be read" in err and "Traceback" not in err
    assert eight.built == []


def test_an_npz_with_a_damaged_list_of_members_is_one_sentence(ganbench, tmp_path, real):
    np.savez(tmp_path / "array.npz", images=pixels())
    data = bytearray((tmp_path / "array.npz").read_bytes())
    at = data.rindex(b"PK\x01\x02")
    data[at + 6 : at + 8] = b"\xff\xff"  # the version of zip that is needed
    (tmp_path / "array.npz").write_bytes(data)
    code, _, err = ganbench("score", tmp_path / "array.npz", real)
    assert code == 2 and err.startswith("error: ")


HEADERS = {
    "a number of Python 2": about(shape="(5L, 12, 16, 3)"),
    "only brackets": "((((",
    "many brackets": "(" * 5000,
    "no dictionary": "7",
    "an endless text": "'",
    "itemsize 0, void": about("|V0"),
    "itemsize 0, text": about("<U0"),
    "no known dtype": about("|q9"),
    "an enormous item": about("|V999999999"),
    "a negative count": about(shape="(-5, 12, 16, 3)"),
    "a huge count": about(shape=f"({10**30}, 12, 16, 3)"),
    "a large count": about(shape=f"({10**12}, 12, 16, 3)"),
    "True as a count": about(shape="(True, 12, 16, 3)"),
    "a fraction as a count": about(shape="(5.0, 12, 16, 3)"),
    "a huge picture": about(shape=f"(1, {10**9}, {10**9}, 3)"),
}


@pytest.mark.parametrize("ending", ["npy", "npz"])
@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_a_made_up_header_is_one_sentence(ganbench, tmp_path, real, header, ending, eight):
    file = tmp_path / f"array.{ending}"
    if ending == "npy":
        file.write_bytes(npy(header))
    else:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("images.npy", npy(header))
    code, out, err = ganbench("score", file, real, "--metrics", "fid")
    assert (code, out) == (2, "")
    assert err.startswith("error: ") and "Traceback" not in err
    assert eight.built == []


@pytest.mark.parametrize("save", [np.save, np.savez])
def test_floats_from_0_to_1_that_were_cast_are_refused(ganbench, tmp_path, real, save):
    file = tmp_path / ("array.npy" if save is np.save else "array.npz")
    save(file, (pixels() / 255).round().astype(np.uint8))
    code, _, err = ganbench("score", file, real)
    assert code == 2
    assert "holds nothing above 1" in err and "np.rint(255 * pictures)" in err


def test_black_picture_files_are_pictures(scored, tmp_path, real):
    from PIL import Image

    (tmp_path / "black").mkdir()
    for i in range(3):
        Image.fromarray(np.full((12, 16, 3), i // 2, np.uint8)).save(tmp_path / f"black/{i}.png")
    assert scored(tmp_path / "black", real, "--metrics", "fid")["generated"]["count"] == 3


def test_of_several_arrays_the_only_one_of_pictures_is_scored(ganbench, tmp_path, real):
    np.savez(tmp_path / "a.npz", labels=np.arange(40), pixels=pixels())
    code, out, _ = ganbench("score", tmp_path / "a.npz", real, "--metrics", "fwd")
    assert code == 0 and "40 generated" in out


def test_of_several_arrays_of_pictures_none_is_guessed(ganbench, tmp_path, real):
    np.savez(tmp_path / "a.npz", x_test=pixels(), x_train=pixels())
    code, _, err = ganbench("score", tmp_path / "a.npz", real)
    assert code == 2
    assert "holds several arrays of pictures (x_test, x_train)" in err and "images=" in err


@pytest.mark.parametrize("shape", [(8,), (40, 8), (2048, 2048)])
def test_features_are_not_taken_for_pictures(ganbench, tmp_path, real, shape):
    np.savez(tmp_path / "a.npz", m=np.zeros(shape))
    code, _, err = ganbench("score", tmp_path / "a.npz", real)
    assert code == 2
    assert "features or their statistics, not pictures" in err and "mu=" in err
