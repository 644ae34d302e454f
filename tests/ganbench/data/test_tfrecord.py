import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganbench.data import load_one, tfrecord
from ganbench.errors import InputError

# find_spec looks for the package and does not import it: this process may hold torch
needs_tensorflow = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)
WRITER = """
import json, pathlib, sys
import tensorflow as tf
question = json.loads(sys.stdin.read())
feature = lambda value: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
with tf.io.TFRecordWriter(question["out"]) as writer:
    for path in map(pathlib.Path, question["files"]):
        fields = {question["key"]: path.read_bytes()}
        fields |= {"image_name": path.stem.encode(), "target": b"x"}
        features = tf.train.Features(feature={key: feature(value) for key, value in fields.items()})
        writer.write(tf.train.Example(features=features).SerializeToString())
"""


def write_records(out: Path, pictures: Path, key: str = "image") -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    names = [str(path) for path in sorted(pictures.iterdir())]
    question = json.dumps({"out": str(out), "files": names, "key": key})
    subprocess.run([sys.executable, "-c", WRITER], input=question, text=True, check=True)


def test_without_tensorflow_one_sentence_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "monet.tfrec").write_bytes(b"anything")
    monkeypatch.setattr(tfrecord.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(InputError, match="needs TensorFlow") as caught:
        load_one(str(tmp_path / "monet.tfrec"), 16)
    assert caught.value.hint == 'pip install "ganbench[tensorflow]"'


def test_a_reader_that_dies_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "monet.tfrec").write_bytes(b"anything")
    monkeypatch.setattr(tfrecord.importlib.util, "find_spec", lambda _: True)
    died = subprocess.CompletedProcess([], -6, stdout="", stderr="noise\nLLVM ERROR: boom\n")
    monkeypatch.setattr(tfrecord.subprocess, "run", lambda *_, **__: died)
    with pytest.raises(InputError, match=r"ended early \(LLVM ERROR: boom\)"):
        load_one(str(tmp_path / "monet.tfrec"), 16)


@pytest.mark.tensorflow
@needs_tensorflow
def test_records_hold_the_same_pixels_as_the_files_they_were_made_of(
    make_set, tmp_path: Path
) -> None:
    folder = make_set("d", 3)
    write_records(tmp_path / "tfrec" / "part.tfrec", folder)
    domain = load_one(str(tmp_path / "tfrec"), 32)
    assert domain.names == ("part/00000-0.jpg", "part/00001-1.jpg", "part/00002-2.jpg")
    for row, path in zip(domain.pictures, sorted(folder.iterdir()), strict=True):
        assert np.array_equal(row, np.asarray(Image.open(path)))
    assert "tensorflow" not in sys.modules


@pytest.mark.tensorflow
@needs_tensorflow
def test_records_that_are_cut_or_of_another_schema_are_one_sentence(
    make_set, tmp_path: Path
) -> None:
    folder = make_set("d", 2)
    write_records(tmp_path / "other.tfrec", folder, key="jpeg")
    with pytest.raises(
        InputError, match=r"no picture bytes under the key image \(keys: image_name"
    ):
        load_one(str(tmp_path / "other.tfrec"), 16)
    write_records(tmp_path / "cut.tfrec", folder)
    data = (tmp_path / "cut.tfrec").read_bytes()
    (tmp_path / "cut.tfrec").write_bytes(data[:-50])
    with pytest.raises(InputError, match="cut or damaged"):
        load_one(str(tmp_path / "cut.tfrec"), 16)
