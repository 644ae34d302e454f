"""Bad input to `ganbench score`: one sentence, exit code 2."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganbench import record
from metrics import extractors


def pixels(seed: int, count: int = 5, height: int = 12, width: int = 16) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def as_npy(folder: Path, pictures: np.ndarray) -> Path:
    np.save(folder.with_suffix(".npy"), pictures)
    return folder.with_suffix(".npy")


def bad_sizes(fake, real):
    Image.fromarray(pixels(3, 1, 9, 9)[0]).save(fake / "zz.png")
    words = (
        "fwd cannot be computed: the pictures in {} differ in size: 000.png is 16x12, zz.png is 9x9"
    )
    return (fake, real, "--metrics", "fid,fwd"), words.format(fake)


def bad_empty(fake, real):
    (fake.parent / "nothing").mkdir()
    return (fake.parent / "nothing", real), "is empty"


def bad_no_pictures(fake, real):
    for file in fake.glob("*"):
        file.write_bytes(b"")
    return (fake, real), "no readable picture (000.png: the file is empty)"


def bad_all_cut(fake, real):
    for file in fake.glob("*"):
        file.write_bytes(file.read_bytes()[:100])
    return (fake, real), "no readable picture (000.png: cannot be decoded"


def bad_empty_list(fake, real):
    return (fake, real, "--metrics", ","), "no metric is asked for"


def bad_no_list(fake, real):
    return (fake, real, "--metrics", ","), "no metric is asked for"


def bad_json_folder(fake, real):
    return (fake, real, "--json", fake.parent), f"--json {fake.parent} is a folder"


def bad_check_with_sides(fake, real):
    return (fake, real, "--check", fake), "but FAKE and REAL are given too"


def bad_check_with_json(fake, real):
    return ("--check", fake, "--json", "-"), "but json is given too"


def bad_missing(fake, real):
    return (fake.parent / "fakes", real), "there is no"


def bad_one_side(fake, real):
    return (fake,), "two sides are needed"


def bad_one_picture_file(fake, real):
    return (fake / "000.png", real), "is one picture"


def array(name: str, values: np.ndarray):
    def case(fake, real):
        np.save(fake.parent / "array.npy", values)
        return (fake.parent / "array.npy", real), name

    return case


def bad_pickle(fake, real):
    np.save(fake.parent / "array.npy", np.array([{}, None], dtype=object), allow_pickle=True)
    return (fake.parent / "array.npy", real), "pickled"


def bad_raw_pickle(fake, real):
    (fake.parent / "array.npy").write_bytes(b"\x80\x04K\x01.")
    return (fake.parent / "array.npy", real), "pickled"


def bad_cut_npy(fake, real):
    file = as_npy(fake, pixels(0))
    file.write_bytes(file.read_bytes()[:-1])
    return (file, real), "not a readable .npy"


def bad_text_npy(fake, real):
    (fake.parent / "array.npy").write_text("no array")
    return (fake.parent / "array.npy", real), "not a readable .npy"


def bad_npz(fake, real):
    (fake.parent / "array.npz").write_bytes(b"no archive")
    return (fake.parent / "array.npz", real), "not a readable .npz"


def bad_empty_npz(fake, real):
    np.savez(fake.parent / "array.npz")
    return (fake.parent / "array.npz", real), "holds no array"


def bad_floats_npz(fake, real):
    np.savez(fake.parent / "array.npz", images=pixels(0) / 255)
    return (fake.parent / "array.npz", real), "float64"


def bad_protocol(fake, real):
    return (fake, real, "--protocol", "lanczos"), "no protocol 'lanczos'"


def bad_precision(fake, real):
    return (fake, real, "--precision", "fp16"), "no precision 'fp16'"


def bad_engine(fake, real):
    return (fake, real, "--engine", "onnx"), "no engine 'onnx'"


def bad_metric(fake, real):
    return (fake, real, "--metrics", "fud"), "no metric 'fud'"


def bad_plugin(fake, real):
    return (fake, real, "--plugin", fake / "none.py"), "cannot be read"


def bad_weights(fake, real):
    return (fake, real, "--inception-weights", fake / "none.pth"), "not there"


def bad_two_sets(fake, real):
    kaggle = fake.parent / "kaggle"
    shutil.copytree(fake, kaggle / "photo_jpg")
    shutil.copytree(real, kaggle / "monet_jpg")
    return (fake, kaggle), "two sets of pictures"


@pytest.mark.parametrize(
    "case",
    [
        *(bad_sizes, bad_empty, bad_no_pictures, bad_all_cut),
        *(bad_missing, bad_one_side, bad_one_picture_file, bad_pickle, bad_raw_pickle),
        *(bad_cut_npy, bad_text_npy, bad_npz, bad_empty_npz, bad_floats_npz, bad_protocol),
        *(bad_precision, bad_engine, bad_metric, bad_plugin, bad_weights, bad_two_sets),
        *(bad_empty_list, bad_no_list, bad_json_folder),
        *(bad_check_with_sides, bad_check_with_json),
        array("float32 numbers from 0.25 to 0.25", np.full((2, 4, 4, 3), 0.25, np.float32)),
        array("int64", np.zeros((2, 4, 4, 3), np.int64)),
        array("channels first", np.zeros((2, 3, 4, 4), np.uint8)),
        array("has the shape (2, 4, 4)", np.zeros((2, 4, 4), np.uint8)),
        array("has the shape (2, 4, 4, 4)", np.zeros((2, 4, 4, 4), np.uint8)),
        array("holds no pictures", np.zeros((0, 4, 4, 3), np.uint8)),
        array("Fortran order", np.asfortranarray(pixels(0))),
    ],
)
def test_bad_input_is_one_sentence(ganbench, fake, real, case, eight):
    arguments, words = case(fake, real)
    code, out, err = ganbench("score", *arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert err.startswith("error: ") and "Traceback" not in err
    assert eight.built == [] or case is bad_all_cut


def test_a_wrong_weights_file_is_one_sentence(ganbench, fake, real, monkeypatch, tmp_path, eight):
    monkeypatch.delitem(sys.modules, "metrics.extractors.extractor")
    monkeypatch.setattr(extractors, "extractor", None, raising=False)  # an import replaces both
    (tmp_path / "weights.pth").write_bytes(b"no weights")
    weights = ("--inception-weights", tmp_path / "weights.pth")
    code, _, err = ganbench("score", fake, real, "--metrics", "fid", *weights)
    assert code == 2
    assert "is not a weights file" in err


def test_two_sets_are_named(ganbench, fake, real):
    (_, kaggle), _ = bad_two_sets(fake, real)
    _, _, err = ganbench("score", fake, kaggle)
    assert f"{kaggle}/photo_jpg or {kaggle}/monet_jpg" in err


def test_a_run_without_samples_is_one_sentence(ganbench, suite, real):
    code, _, err = ganbench("score", suite / "empty", real)
    assert code == 2 and "has no samples" in err


@pytest.mark.parametrize("elsewhere", ["../other.npy", "samples/../../other.npy", "absolute"])
def test_a_record_that_names_samples_elsewhere_is_refused(ganbench, suite, real, elsewhere):
    run = record.read(suite / "whole")
    np.save(suite / "other.npy", pixels(0))
    file = str(suite / "other.npy") if elsewhere == "absolute" else elsewhere
    moment = replace(run.snapshots[-1], file=file)
    record.write(suite / "whole", replace(run, snapshots=(moment,)))
    code, _, err = ganbench("score", suite / "whole", real)
    assert code == 2 and "is no name of a file inside" in err


def test_broken_files_of_the_same_bytes_are_no_shared_picture(scored, fake, real):
    for side in (fake, real):
        (side / "broken.png").write_bytes(b"no picture")
    assert scored(fake, real, "--metrics", "fid")["real"]["count"] == 5


def test_a_folder_of_runs_is_one_sentence(ganbench, suite, real):
    code, _, err = ganbench("score", suite, real)
    assert code == 2 and "holds 2 runs (empty, whole)" in err
    assert f"ganbench score {suite / 'empty'} REAL" in err
