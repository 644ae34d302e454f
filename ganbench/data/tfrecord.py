"""TFRecords of Kaggle's schema -> a zip of their pictures, in a process of its own.

TensorFlow only finds the records; the JPEG bytes go through Pillow like all other pictures. It
never shares a process with torch (together they abort), so `unpack` starts this module with
`python -m ganbench.data.tfrecord`, which reads {"files": [...], "out": "..."} from its standard
input and answers {"count": n} or {"error": "..."} on its standard output.
"""

import importlib.util
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ganbench import files
from ganbench.errors import InputError

SCHEMA = ("image", "image_name", "target")  # the picture's bytes, its name, its side


def unpack(paths: list[Path], out: Path, title: str) -> int:
    """Write the pictures of some TFRecord files to the zip `out`; return how many there are.

    InputError without TensorFlow, and for files that are cut or of another schema.
    """
    if importlib.util.find_spec("tensorflow") is None:
        raise InputError(
            f"{title} holds TFRecords, and reading them needs TensorFlow",
            'pip install "ganbench[tensorflow]"',
        )
    answer = _ask({"files": [str(path.absolute()) for path in paths], "out": str(out.absolute())})
    if "error" in answer:
        raise InputError(f"cannot read the TFRecords of {title}: {answer['error']}")
    return int(answer["count"])


def _ask(question: dict[str, Any]) -> dict[str, Any]:
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "ganbench.data.tfrecord"],
        input=json.dumps(question),
        env=os.environ | quiet,
        capture_output=True,
        encoding="utf-8",
    )
    try:
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, json.JSONDecodeError):
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return {"error": f"TensorFlow's process ended early ({last})"}
    return answer


def main() -> None:
    """Answer one question; this is the only code of ganbench.data that imports TensorFlow."""
    question = json.loads(sys.stdin.read())
    try:
        count = _write_zip([Path(name) for name in question["files"]], Path(question["out"]))
        answer: dict[str, Any] = {"count": count}
    except InputError as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)


def _write_zip(paths: list[Path], out: Path) -> int:
    count = 0
    with files.building(out) as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as archive:
        for path in paths:
            for index, (name, picture) in enumerate(_records(path)):
                archive.writestr(f"{path.stem}/{index:05d}-{name}.jpg", picture)
                count += 1
    return count


def _records(path: Path) -> Iterator[tuple[str, bytes]]:
    """Names and picture bytes of one file, in its order."""
    import tensorflow as tf

    try:
        for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            yield _fields(tf.train.Example.FromString(record), path)
    except tf.errors.OpError as error:
        raise InputError(f"{path.name} is cut or damaged ({type(error).__name__})") from None
    except InputError:
        raise
    except Exception as error:  # protobuf's own errors, whose classes vary by version
        raise InputError(f"{path.name} does not hold Examples ({type(error).__name__})") from None


def _fields(example: Any, path: Path) -> tuple[str, bytes]:
    features = example.features.feature
    if "image" not in features or not features["image"].bytes_list.value:
        keys = ", ".join(sorted(features)) or "none"
        raise InputError(
            f"{path.name} has no picture bytes under the key image (keys: {keys}; "
            f"Kaggle's are {', '.join(SCHEMA)})"
        )
    given = features["image_name"].bytes_list.value if "image_name" in features else ()
    name = given[0].decode("utf-8", "replace") if given else "record"
    safe = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name)
    return safe, features["image"].bytes_list.value[0]


if __name__ == "__main__":
    main()
