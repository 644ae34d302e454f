"""ganbench as a wheel, built of the files that are running, without a network or a build tool."""

import base64
import csv
import hashlib
import importlib
import io
import tomllib
import zipfile
from collections.abc import Iterator
from email.message import Message
from importlib import metadata
from pathlib import Path

import ganbench
from ganbench.errors import InputError
from ganbench.system import files

PACKAGES = ("ganbench", "ganzoo", "metrics")
MADE = (1980, 1, 1, 0, 0, 0)
WHEEL = "Wheel-Version: 1.0\nGenerator: ganbench\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
# Of the headers of an installed distribution those that installing and running need.
KEPT = ("Summary", "License-Expression", "Requires-Python", "Requires-Dist", "Provides-Extra")


def write(folder: Path) -> Path:
    """Write `folder`/ganbench-VERSION-py3-none-any.whl; InputError where the metadata is gone."""
    version = ganbench.__version__
    path, info = folder / f"ganbench-{version}-py3-none-any.whl", f"ganbench-{version}.dist-info"
    about, scripts = _metadata()
    told = {"METADATA": about, "WHEEL": WHEEL, "entry_points.txt": scripts}
    content = [(f"{info}/{name}", text.encode()) for name, text in told.items()]
    sealed = []
    with (
        files.building(path) as draft,
        files.writing(path),
        zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, data in (*_code(), *content):
            _add(archive, name, data)
            sealed.append((name, f"sha256={_digest(data)}", str(len(data))))
        _add(archive, f"{info}/RECORD", _csv([*sealed, (f"{info}/RECORD", "", "")]))
    return path


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, MADE)
    entry.external_attr, entry.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _csv(rows: list[tuple[str, str, str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _code() -> Iterator[tuple[str, bytes]]:
    """Every file of our packages, code and templates alike."""
    for package in PACKAGES:
        root = Path(str(importlib.import_module(package).__file__)).parent
        for path in sorted(root.rglob("*")):
            inside = path.relative_to(root.parent)
            hidden = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
            if path.is_file() and not hidden and path.suffix != ".pyc":
                yield inside.as_posix(), path.read_bytes()


def _metadata() -> tuple[str, str]:
    """METADATA and entry_points.txt: of the checkout that runs, or else of what is installed."""
    project = Path(ganbench.__file__).parents[1] / "pyproject.toml"
    headers, scripts = _of_checkout(project) if project.is_file() else _of_installed()
    about = Message()
    first = [("Metadata-Version", "2.4"), ("Name", "ganbench"), ("Version", ganbench.__version__)]
    for name, value in first + headers:
        about[name] = value
    lines = ["[console_scripts]", *(f"{name} = {where}" for name, where in scripts)]
    return about.as_string(), "\n".join(lines) + "\n"


Told = tuple[list[tuple[str, str]], list[tuple[str, str]]]  # headers, commands


def _of_checkout(path: Path) -> Told:
    try:
        project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        headers = [("Summary", project["description"]), ("License-Expression", project["license"])]
        headers.append(("Requires-Python", project["requires-python"]))
        headers += [("Requires-Dist", one) for one in project["dependencies"]]
        return headers, list(project["scripts"].items())
    except (ValueError, KeyError, AttributeError) as error:
        raise InputError(f"{path} does not describe ganbench ({error})") from None


def _of_installed() -> Told:
    try:
        found = metadata.distribution("ganbench")
    except metadata.PackageNotFoundError:
        raise InputError("ganbench is not installed: its metadata is not to be found") from None
    headers = [(name, value) for name in KEPT for value in found.metadata.get_all(name) or ()]
    ours = found.entry_points.select(group="console_scripts")
    return headers, [(one.name, one.value) for one in ours]
