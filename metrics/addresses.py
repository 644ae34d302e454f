"""Names and where each stands: built in, installed by another package, or made in a plugin file."""

import ast
import difflib
import functools
import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar

from metrics.errors import InputError, shown

Named = TypeVar("Named")
Plugins = tuple[Path, ...]


@dataclass(frozen=True)
class Addresses(Generic[Named]):
    """All things of one kind by name. Nothing replaces a built-in one; a plugin file runs last.

    what: "metric". kind: the class of each, with a `name`. group: of entry points. built_in: name
    -> address, in the order of tables.
    """

    what: str
    kind: type[Named]
    group: str
    built_in: Mapping[str, str]

    def names(self, plugins: Plugins = ()) -> list[str]:
        """Names of all: built-in first, then installed ones, then those of plugin files."""
        return list(self._all(plugins))

    def get(self, name: str, plugins: Plugins = ()) -> Named:
        """The one called `name`; InputError with the nearest name when there is none."""
        known = self._all(plugins)
        if name in known:
            return self._loaded(name, known[name])
        near = difflib.get_close_matches(name.lower(), known, n=1)
        help_ = f"did you mean {near[0]}? " if near else ""
        raise InputError(
            f"there is no {self.what} {shown(name)!r}", f"{help_}{self.what}s: {', '.join(known)}"
        )

    def in_file(self, file: Path) -> dict[str, str]:
        """Name -> address of what a plugin file makes, read without running it.

        It is a value of the module that is made by calling the class: `Metric(name="...", ...)`.
        InputError for one that has a built-in name.
        """
        made = [
            (variable, _name_given(value, self.kind.__name__))
            for variable, value in _assigned(_parsed(file))
        ]
        if taken := next((name for _, name in made if name in self.built_in), ""):
            raise InputError(
                f"plugin {shown(str(file))} calls its {self.what} {taken}, as a built-in one is",
                "give it another name",
            )
        return {name: f"{file.resolve()}:{variable}" for variable, name in made if name}

    def _all(self, plugins: Plugins) -> dict[str, str]:
        installed = {point.name: point.value for point in _installed(self.group)}
        files: dict[str, str] = {}
        for file in dict.fromkeys(Path(file).resolve() for file in plugins):
            for name, at in self.in_file(file).items():
                if other := files.get(name):
                    both = f"{shown(other)} and {shown(at)}"
                    raise InputError(
                        f"two plugins call their {self.what} {name}: {both}", "rename one"
                    )
                files[name] = at
        new = {name: at for name, at in sorted(installed.items()) if name not in self.built_in}
        return {**self.built_in, **new, **files}

    def _loaded(self, name: str, address: str) -> Named:
        module, _, attribute = address.rpartition(":")
        called = f"{self.what} {name} ({address})"
        try:
            found = getattr(_import(module, self.what), attribute)
        except (Exception, SystemExit) as error:  # a plugin can fail in any way at import
            reason = f"{type(error).__name__}: {error}"
            raise InputError(f"{called} does not load: {reason}") from error
        if not isinstance(found, self.kind):
            raise InputError(f"{called} is no {self.kind.__module__}.{self.kind.__name__}")
        if (own := getattr(found, "name", None)) != name:
            raise InputError(f"{called} calls itself {own}")
        return found


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


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Names of a module's variables and what stands behind them, `x: Metric = ...` too."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if isinstance(targets[0], ast.Name) and isinstance(value, ast.expr):
            yield targets[0].id, value


def _name_given(value: ast.expr, kind: str) -> str:
    """The name given to `kind(...)` when `value` is a call of it; else nothing."""
    if not isinstance(value, ast.Call):
        return ""
    called = value.func
    if (called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")) != kind:
        return ""
    given = [k.value for k in value.keywords if k.arg == "name"] + value.args[:1]
    named = given[0] if given else None
    return str(named.value) if isinstance(named, ast.Constant) else ""


def _import(module: str, what: str) -> ModuleType:
    """A module by its name, or a plugin file, which runs once as long as it stays the same."""
    if not module.endswith(".py"):
        return importlib.import_module(module)
    file, seen = Path(module), Path(module).stat()
    return _run_file(file, f"ganbench_{what}_{file.stem}", (seen.st_mtime_ns, seen.st_size))


@functools.cache
def _run_file(file: Path, name: str, _: tuple[int, int]) -> ModuleType:
    spec: Any = importlib.util.spec_from_file_location(name, file)
    sys.modules[name] = loaded = importlib.util.module_from_spec(spec)  # dataclasses look there
    spec.loader.exec_module(loaded)
    return loaded


@functools.cache  # a scan of all that is installed takes milliseconds
def _installed(group: str) -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=group))
