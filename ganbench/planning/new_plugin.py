"""The first file of a plugin: a template with the file's own names in it."""

import errno
import keyword
import os
import shlex
import sys
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from string import Template
from typing import Literal

from ganbench import plugins
from ganbench.errors import InputError
from ganbench.system import files
from ganbench.system.text import shown
from ganzoo.registry import FRAMEWORKS

Kind = Literal["model", "metric", "extractor"]


@dataclass(frozen=True)
class Names:
    """What a template calls things."""

    file: str  # as it is typed in a command
    name: str  # of the model, metric or extractor
    Class: str
    title: str  # for people
    key: str  # in records
    constant: str = "EXTRACTOR"  # the variable that holds an extractor's entry


def text(template: str, names: Names) -> str:
    """One of the files in templates/ with its names filled in."""
    place = resources.files("ganbench") / "templates" / f"{template}.py.txt"
    return Template(place.read_text(encoding="utf-8")).substitute(asdict(names))


def names_of(file: Path, kind: Kind) -> Names:
    """The names that follow from a file's: my_gan.py holds MyGAN, and --models calls it my-gan."""
    stem = file.stem
    words = stem.split("_")
    called = "".join("GAN" if word == "gan" else word.capitalize() for word in words)
    name = stem if kind == "metric" else stem.replace("_", "-")
    title = " ".join(words)
    title = title.capitalize() if kind == "extractor" else title
    return Names(shlex.quote(str(file)), name, called, title, stem)


def write(file: Path, kind: Kind, framework: str | None, from_pictures: bool) -> tuple[str, ...]:
    """Write a plugin that works as it is; the commands to type next.

    InputError for a name that cannot be used, a folder that is not there, or a file that is.
    """
    template = _template(kind, framework, from_pictures)
    _check_name(file, kind)
    _create(file, text(template, names_of(file, kind)))
    if kind == "model":
        return _next_of_model(names_of(file, kind), framework or "pytorch", from_pictures)
    return _next(names_of(file, kind), kind)


def _template(kind: Kind, framework: str | None, from_pictures: bool) -> str:
    if framework not in (None, *FRAMEWORKS):
        there = " or ".join(FRAMEWORKS)
        raise InputError(f'there is no framework "{shown(framework)}"', f"--framework {there}")
    if kind == "model":
        return f"{'translator' if from_pictures else 'gan'}-{framework or 'pytorch'}"
    if from_pictures:
        raise InputError(f"--from-pictures is about a model, not about a{_an(kind)}")
    if framework == "tensorflow":
        why = "is written in numpy" if kind == "metric" else "is a network in PyTorch"
        raise InputError(f"a{_an(kind)} {why}", "leave --framework out")
    return kind


def _an(kind: str) -> str:
    return f"n {kind}" if kind[0] in "aeiou" else f" {kind}"


def _check_name(file: Path, kind: Kind) -> None:
    """Refuse what Python, a shell or ganbench could not use as the name of a plugin."""
    stem = file.stem
    good = stem.isascii() and stem.isidentifier() and not keyword.iskeyword(stem)
    if file.suffix != ".py" or not good or stem != stem.lower() or stem.strip("_") != stem:
        made = "".join(c if c.isascii() and c.isalnum() else "_" for c in stem.lower()).strip("_")
        usable = made if made.isidentifier() and not keyword.iskeyword(made) else "my_gan"
        raise InputError(
            f'"{shown(file.name)}" cannot name a plugin: small letters, digits and _ can, and .py',
            f"ganbench new {shlex.quote(str(file.with_name(f'{usable}.py')))}",
        )
    if names_of(file, kind).name in plugins.BUILT_IN[kind]:
        raise InputError(
            f"ganbench has a{_an(kind)} called {names_of(file, kind).name} already",
            f"ganbench new {shlex.quote(str(file.with_name(f'my_{stem}.py')))}",
        )
    if stem in sys.stdlib_module_names or stem in MODULES:
        raise InputError(
            f"{file.name} would stand in for the module {stem} in Python programs beside it",
            f"ganbench new {shlex.quote(str(file.with_name(f'my_{stem}.py')))}",
        )


MODULES = ("torch", "keras", "tensorflow", "numpy", "ganbench", "ganzoo", "metrics")


def _create(file: Path, content: str) -> None:
    """Write a file that is not there yet, whole or not at all."""
    if not file.parent.is_dir():
        raise InputError(f"there is no folder {file.parent}", f"mkdir -p {file.parent}")
    draft = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}")
    try:
        files.write_bytes(draft, content.encode())
        os.link(draft, file)  # unlike a move, it never replaces
    except FileExistsError:
        raise InputError(
            f"{file} is there already, and is left as it is", "choose another name"
        ) from None
    except OSError as error:
        if error.errno not in NO_LINKS or os.path.lexists(file):
            raise InputError(f"cannot write {file}: {error.strerror or error}") from None
        files.write_bytes(file, content.encode())
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)  # on some disks


def _next_of_model(names: Names, framework: str, from_pictures: bool) -> tuple[str, ...]:
    """The commands that use it."""
    others = f",{'cyclegan-unet' if from_pictures else 'dcgan'}"
    others = others if framework == "pytorch" else " --frameworks tensorflow"
    run = f"ganbench run --plugin {names.file} --models {names.name}{others}"
    return f"ganbench check {names.file}", run


def _next(names: Names, kind: Kind) -> tuple[str, ...]:
    """The commands that use a metric or an extractor."""
    option = "--metrics" if kind == "metric" else "--extractor"
    used = f"--plugin {names.file} {option}"
    all_ = "all" if kind == "metric" else f"efficientnet-lite0,{names.name}"
    return (
        f"ganbench check {names.file}",
        f"ganbench score FAKE REAL {used} {names.name}",
        f"ganbench run {used} {all_}",
    )
