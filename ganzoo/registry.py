"""Which models there are: name -> address of the class; plugins by entry point or as a file."""

import ast
import difflib
import functools
import importlib
import importlib.util
import sys
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from ganzoo.errors import InputError, shown
from ganzoo.trainer import Trainer, missing_parts

ENTRY_POINTS = "ganzoo.models"
FRAMEWORKS = ("pytorch", "tensorflow")


@dataclass(frozen=True)
class Model:
    """Where a model lives."""

    name: str
    address: str  # "package.module:Class" or "path/to/file.py:Class"
    framework: str = "pytorch"
    origin: str = "built in"
    about: str = ""
    source: str = ""  # "noise" or "pictures"; "": known once it is imported


_ABOUT = {
    "dcgan": "from noise; Radford et al. 2016",
    "cyclegan-unet": "from photographs, U-Net; Zhu et al. 2017 with Isola et al. 2017",
    "cyclegan-resnet": "from photographs, residual blocks; Zhu et al. 2017",
}
_CLASSES = {
    "dcgan": "dcgan:DCGAN",
    "cyclegan-unet": "unet:CycleGANUNet",
    "cyclegan-resnet": "resnet:CycleGANResNet",
}
_FROM_NOISE = {"dcgan"}
BUILT_IN = tuple(
    Model(
        name,
        f"ganzoo.{framework}.{place}",
        framework,
        about=_ABOUT[name],
        source="noise" if name in _FROM_NOISE else "pictures",
    )
    for framework in FRAMEWORKS
    for name, place in _CLASSES.items()
)


def models(plugins: tuple[Path, ...] = ()) -> tuple[Model, ...]:
    """List all models: built in, installed plugins, and the plugin files named.

    An installed one with a built-in name is passed over. InputError when a plugin file has no model
    or cannot be read, or two have one name.
    """
    files = {Path(file).resolve(): Path(file) for file in plugins}  # each once
    found = BUILT_IN + _of_packages() + tuple(map(_in_file, files.values()))
    seen: dict[tuple[str, str], Model] = {}
    for model in found:
        other = seen.setdefault((model.name, model.framework), model)
        if other is not model:
            raise InputError(f"{model.origin} calls its model {model.name}, as {other.origin} does")
    return found


def select(
    wanted: str, plugins: tuple[Path, ...] = (), framework: str = "pytorch"
) -> tuple[Model, ...]:
    """Find the models a name selects: itself, or every one that begins with it and a dash.

    InputError when there is none, or none in `framework`; it names the nearest.
    """
    known = models(plugins)
    found = [m for m in known if m.name == wanted] or [
        m for m in known if m.name.startswith(f"{wanted}-")
    ]
    if not found:
        raise _unknown(wanted, known)
    here = tuple(m for m in found if m.framework == framework)
    if not here:
        raise InputError(
            f"{shown(wanted)} does not come in {shown(framework)}",
            f"--frameworks {found[0].framework}"
            if framework in FRAMEWORKS
            else f"--frameworks {' or '.join(FRAMEWORKS)}",
        )
    return here


def load(model: Model) -> type[Trainer]:
    """Import a model's class, and with it its framework, and hold it against the contract.

    InputError when it cannot be imported or lacks a part of the contract.
    """
    module, _, name = model.address.rpartition(":")
    try:
        loaded = (
            _import_file(Path(module))
            if module.endswith(".py")
            else importlib.import_module(module)
        )
        found: type[Trainer] = getattr(loaded, name)
    except (Exception, SystemExit) as error:
        raise InputError(
            f"{model.name} cannot be imported from {model.address}: {type(error).__name__}: {error}"
        ) from error
    if missing := missing_parts(found):
        raise InputError(
            f"{model.name} ({model.address}) breaks the trainer contract: it lacks "
            + ", ".join(missing),
            "examples/ has a complete plugin",
        )
    return found


@functools.cache  # a scan of all that is installed takes milliseconds
def _installed() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=ENTRY_POINTS))


def _of_packages() -> tuple[Model, ...]:
    found = []
    for point in _installed():
        name, _, framework = point.name.partition(".")
        package = point.dist.name if point.dist else "unknown package"
        if name in _CLASSES:
            continue
        found.append(Model(name, point.value, framework or "pytorch", package))
    return tuple(found)


def holds_model(file: Path) -> bool:
    """Is there a model's class in this plugin file?"""
    return bool(_classes(file))


def called(file: Path) -> str:
    """How the model of a plugin file is called: by the file."""
    return file.stem.replace("_", "-")


def _in_file(file: Path) -> Model:
    """Read from a plugin file, without running it, its class and framework."""
    classes, plugin = _classes(file), f"plugin {shown(str(file))}"
    if not classes:
        raise InputError(
            f'{plugin} has no model: no class in it says source = "noise" or "pictures"',
            "examples/ has a complete plugin",
        )
    if len(classes) > 1:
        raise InputError(
            f"{plugin} has {len(classes)} models ({shown(', '.join(classes))}), and is called by"
            " its own name",
            "one model a file; others of a package by entry points: docs/how-to/plugin.md",
        )
    if file.stem == "__init__":
        raise InputError(f"{plugin} has no name to call a model by", "name another file")
    ((name, constants),) = classes.items()
    framework = constants.get("framework", "pytorch")
    return Model(
        *(called(file), f"{file.resolve()}:{name}", framework),
        origin=str(file),
        source=constants["source"],
    )


def _classes(file: Path) -> dict[str, dict[str, str]]:
    """Names and constants of the classes that say what their source is."""
    tree = _parsed(file)
    classes = {n.name: _constants(n) for n in tree.body if isinstance(n, ast.ClassDef)}
    found = {name: constants for name, constants in classes.items() if "source" in constants}
    models = {name: c for name, c in found.items() if c["source"] in ("noise", "pictures")}
    return models or found


def _parsed(file: Path) -> ast.Module:
    """The syntax of a plugin file, which is not run."""
    plugin = f"plugin {shown(str(file))}"
    try:
        if file.is_dir():
            raise OSError("it is a folder: name the file, or install the package")
        if file.exists() and not file.is_file():  # a FIFO would make us wait
            raise OSError("it is no file")
        return ast.parse(file.read_bytes())
    except SyntaxError as error:
        line = f"line {error.lineno}: " if error.lineno else ""
        raise InputError(f"{plugin} is not Python: {line}{error.msg}") from None
    except OSError as error:
        raise InputError(f"{plugin} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError, MemoryError) as error:  # zero bytes, a thousand brackets
        raise InputError(f"{plugin} is not Python: {error or 'nested too deep'}") from None


def _constants(node: ast.ClassDef) -> dict[str, str]:
    """What the class says with a word behind a name, `source: str = "noise"` too."""
    found: dict[str, str] = {}
    for statement in node.body:
        value = getattr(statement, "value", None)
        targets = getattr(statement, "targets", [getattr(statement, "target", None)])
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            found |= {to.id: value.value for to in targets if isinstance(to, ast.Name)}
    return found


def _import_file(file: Path) -> ModuleType:
    name = f"ganzoo_plugin_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def _unknown(wanted: str, known: tuple[Model, ...]) -> InputError:
    names = sorted({model.name for model in known})
    near = difflib.get_close_matches(wanted, names, 1, 0.4)
    return InputError(
        f'there is no model "{shown(wanted)}"',
        (f"nearest: {near[0]}; " if near else "") + f"there are: {', '.join(names)}",
    )
