"""TFRecords <-> a zip of their pictures, in a process of its own.

TensorFlow finds, checks and writes the records; the pictures in them are carried as they are and
go through Pillow like all others. What is written has Kaggle's schema. TensorFlow never shares a
process with torch (together they abort), so this module is also the main of a process: it is asked
to unpack or to pack, and its result says where the pictures are.
"""

import os
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ganbench.data.sources import bounded_read, record_picture, tfrecord_format
from ganbench.data.sources.file_names import safe_name
from ganbench.data.sources.file_tree import record_stem
from ganbench.data.sources.layout import Listing
from ganbench.errors import InputError
from ganbench.system import child_process, files, frameworks

VERSION = 4  # of what is read: raise it when other records are used or named otherwise
SCHEMA = ("image", "image_name", "target")  # the picture's bytes, its name, its side


@dataclass(frozen=True)
class Unpacked:
    """The pictures of one set of TFRecord files, and the records that hold none."""

    archive: Path  # a zip
    pictures: list[tuple[str, str]]  # entry of the zip, file name that the record stands for
    skipped: list[tuple[str, str]]  # record or file, and why it cannot be used


@dataclass(frozen=True)
class Shard:
    """One TFRecord file to be written."""

    file: str
    target: str  # what its records are said to show
    pictures: list[tuple[str, str]]  # entry of a zip, image_name


def unpack(listings: Sequence[Listing], scratch: Path) -> list[Unpacked]:
    """Bring the pictures of each listing of TFRecords into a zip in `scratch`, in their order.

    Records that cannot be used are named. InputError without TensorFlow.
    """
    titles = " and ".join(listing.title for listing in listings)
    frameworks.require("tensorflow", f"{titles} holds TFRecords, and reading them needs TensorFlow")
    archives = [scratch.absolute() / f"records-{place}.zip" for place in range(len(listings))]
    sets = [
        {"root": str(one.tree.path.absolute() / one.prefix), "names": one.names, "out": str(out)}
        for one, out in zip(listings, archives, strict=True)
    ]
    answer = _ask({"unpack": sets}, f"cannot read the TFRecords of {titles}")
    return [_unpacked(out, found) for out, found in zip(archives, answer["sets"], strict=True)]


def _unpacked(archive: Path, found: dict[str, list[list[str]]]) -> Unpacked:
    pictures, skipped = ([(a, b) for a, b in found[key]] for key in ("pictures", "skipped"))
    return Unpacked(archive, pictures, skipped)


def pack(archive: Path, shards: Sequence[Shard]) -> None:
    """Write pictures of a zip as TFRecords; InputError without TensorFlow or without room."""
    require_writer()
    question = {"archive": str(archive.absolute()), "shards": [asdict(one) for one in shards]}
    _ask({"pack": question}, "cannot write the TFRecords")


def require_writer() -> None:
    """InputError when TFRecords cannot be written here, before anything is done for them."""
    frameworks.require("tensorflow", "writing TFRecords needs TensorFlow")


def _ask(question: dict[str, Any], failed: str) -> dict[str, Any]:
    ended = child_process.run("ganbench.data.sources.tfrecord", question)
    try:
        return ended.result(dict)
    except InputError as error:
        raise InputError(f"{failed}: {error}") from None
    except RuntimeError:
        last = (ended.words.splitlines() or [f"exit code {ended.code}"])[-1]
        raise InputError(f"{failed}: TensorFlow's process ended early ({last})") from None


def work(question: dict[str, Any], channel: child_process.Channel) -> dict[str, Any]:
    """Answer one question; this is the only code of ganbench.data that imports TensorFlow."""
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    import tensorflow as tf

    try:
        if "unpack" in question:
            return {"sets": [_unpack(**one) for one in question["unpack"]]}
        _pack(**question["pack"])
        return {}
    except (OSError, tf.errors.OpError) as error:  # of TensorFlow's message only the first line
        raise InputError((str(error).splitlines() or [type(error).__name__])[0]) from None


def _unpack(root: str, names: list[str], out: str) -> dict[str, list[tuple[str, str]]]:
    pictures, skipped = [], []
    unpacked = Path(out).with_suffix(".unpacked")
    every = ((file, *found) for file in names for found in _records(Path(root) / file, unpacked))
    with files.building(Path(out)) as draft, zipfile.ZipFile(draft, "w") as archive:
        for file, record, found in every:
            if isinstance(found, str):
                skipped.append((f"{file}{record}", found))
                continue
            given, data = found
            name = tfrecord_format.file_name(
                given, data, record_stem(file) + record.replace("/", "-")
            )
            entry = f"{file}{record}-{safe_name(name).replace('/', '-')}"
            archive.writestr(entry, data)
            pictures.append((entry, name))
    return {"pictures": pictures, "skipped": skipped}


def _records(path: Path, unpacked: Path) -> Iterator[tuple[str, tuple[str, bytes] | str]]:
    """Of each record of a file "/" and its number, and name and picture or why it has none.

    What is wrong with the file from some place on comes last, under "". `unpacked`: where it may
    be decompressed.
    """
    # TFRecordDataset ends at a damaged record, and with ignore_errors() too it leaves out the
    # rest of the file; this reader of TensorFlow's can be told where to go on.
    from tensorflow.python.lib.io.tf_record import tf_record_random_reader

    try:
        cut = ""
        if tfrecord_format.is_packed(path):
            cut, path = tfrecord_format.unpack(path, unpacked), unpacked
        frames, lost = tfrecord_format.walk(path)
    except OSError as error:
        if bounded_read.of_machine(error):
            raise
        yield "", f"cannot be read ({error.strerror or 'error'})"
        return
    except bounded_read.UnreadableFile as reason:
        yield "", str(reason)
        return
    if frames:
        reader = tf_record_random_reader(str(path))
        for index, frame in enumerate(frames):
            yield f"/{index:05d}", _record(reader, frame)
        reader.close()
    unpacked.unlink(missing_ok=True)
    if cut or lost:
        yield "", cut or lost


def _record(reader: Any, frame: tfrecord_format.Frame) -> tuple[str, bytes] | str:
    import tensorflow as tf

    if frame.length > bounded_read.MOST_RECORD:
        return f"{frame.length / 2**20:,.0f} MiB, too large for one picture"
    try:
        content, _ = reader.read(frame.offset)
    except tf.errors.DataLossError:
        return "the record is damaged (its checksum is wrong)"
    try:
        example = tf.train.Example.FromString(content)
    except Exception:  # protobuf's own, whose class varies by version
        return "the record holds no Example"
    features = example.features.feature
    contents = {key: next(iter(one.bytes_list.value), b"") for key, one in features.items()}
    numbers = {key: one.int64_list.value[: record_picture.NUMBERS] for key, one in features.items()}
    found = record_picture.find(contents, numbers)
    series = isinstance(found, str) and _is_series(content)
    return "a SequenceExample, which holds a series and not one picture" if series else found


def _is_series(content: bytes) -> bool:
    import tensorflow as tf

    try:  # it begins as an Example does
        return bool(tf.train.SequenceExample.FromString(content).feature_lists.feature_list)
    except Exception:
        return False


def _pack(archive: str, shards: list[dict[str, Any]]) -> None:
    import tensorflow as tf

    with zipfile.ZipFile(archive) as pictures:
        for shard in shards:
            with tf.io.TFRecordWriter(shard["file"]) as writer:
                for entry, name in shard["pictures"]:
                    example = _example(pictures.read(entry), name, shard["target"])
                    writer.write(example.SerializeToString())


def _example(picture: bytes, name: str, target: str) -> Any:
    from tensorflow import train

    values = (picture, name.encode(), target.encode())
    features = {
        key: train.Feature(bytes_list=train.BytesList(value=[value]))
        for key, value in zip(SCHEMA, values, strict=True)
    }
    return train.Example(features=train.Features(feature=features))


if __name__ == "__main__":
    child_process.serve(dict, work)
