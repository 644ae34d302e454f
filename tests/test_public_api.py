"""What others call says what it is, what shapes it takes and gives, and what error is the user's.

ruff's D demands the docstrings and their form; here is what they must say.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from metrics import registry

ROOT = Path(__file__).parent.parent
PUBLIC = (
    "ganbench/__init__.py", "ganbench/api.py", "ganbench/errors.py", "ganbench/record.py",
    "ganzoo/*.py", "metrics/*.py", "metrics/extractors/extractor.py",
    "metrics/extractors/registry.py",
)  # fmt: skip
# "uint8 N H W 3", "(F F, N - 1)", "N Z", "H W 3": axes by letter; or that it is one per something.
SHAPE = re.compile(r"\b[A-Z] ?x? ?[A-Z0-9]+\b|\b[A-Z] (?=->|,)|(float|u?int)(8|32|64) [NF]\b")
FILES = sorted(path for pattern in PUBLIC for path in ROOT.glob(pattern))


@dataclass(frozen=True)
class Definition:
    """A function, method or class, and all that is said of it: by itself, its class, its module."""

    where: str
    node: ast.FunctionDef | ast.ClassDef
    doc: str
    around: str

    @property
    def parameters(self) -> list[ast.arg]:
        if isinstance(self.node, ast.ClassDef):
            return []
        given = self.node.args
        return [a for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)
                if a.arg not in ("self", "cls")]  # fmt: skip


def definitions(source: str, file: str) -> Iterator[Definition]:
    tree = ast.parse(source)
    yield from _inside(tree, file, ast.get_docstring(tree) or "")


def _inside(node: ast.AST, where: str, around: str) -> Iterator[Definition]:
    for child in getattr(node, "body", []):
        if isinstance(child, ast.FunctionDef | ast.ClassDef) and not child.name.startswith("_"):
            name, doc = f"{where}:{child.name}", ast.get_docstring(child) or ""
            yield Definition(name, child, doc, around)
            if isinstance(child, ast.ClassDef):
                yield from _inside(child, name, f"{around}\n{doc}")


def unsaid(one: Definition) -> list[str]:
    """What the docstring of a definition leaves out."""
    said, missing = f"{one.around}\n{one.doc}", []
    if not one.doc:
        missing.append("a docstring")
    for parameter in one.parameters:
        kind = ast.unparse(parameter.annotation) if parameter.annotation else "Any"
        if kind == "Any" and not re.search(rf"\b{parameter.arg}\b", said):
            missing.append(f"what {parameter.arg} is")
    if _has_arrays(one) and not SHAPE.search(said):
        missing.append("shapes")
    if _raises(one.node) and "InputError" not in said:
        missing.append("InputError")
    return missing


def _has_arrays(one: Definition) -> bool:
    kinds = [parameter.annotation for parameter in one.parameters]
    kinds += [getattr(one.node, "returns", None)]
    return any("ndarray" in ast.unparse(kind) for kind in kinds if kind)


def _raises(node: ast.AST) -> bool:
    """Does a function raise InputError itself?"""
    if not isinstance(node, ast.FunctionDef):
        return False
    raised = (r.exc for r in ast.walk(node) if isinstance(r, ast.Raise))
    return any(isinstance(e, ast.Call) and ast.unparse(e.func) == "InputError" for e in raised)


FOUND = [one for file in FILES for one in definitions(file.read_text(encoding="utf-8"),
                                                      str(file.relative_to(ROOT)))]  # fmt: skip


def test_nothing_public_leaves_out_what_it_is_its_shapes_or_its_errors():
    assert {one.where: missing for one in FOUND if (missing := unsaid(one))} == {}


def test_there_is_enough_to_look_at():
    assert len(FILES) > 30 and len(FOUND) > 150
    assert sum(_has_arrays(one) for one in FOUND) > 30
    assert sum(_raises(one.node) for one in FOUND) > 15
    names = {one.where for one in FOUND}
    assert {"ganbench/api.py:run", "ganbench/api.py:Run:translate", "metrics/compare.py:score",
            "ganzoo/trainer.py:Trainer:step", "metrics/registry.py:Metric"} <= names  # fmt: skip


@pytest.mark.parametrize("address", sorted({a.split(":")[0] for a in registry.BUILT_IN.values()}))
def test_every_metric_names_its_paper_or_says_that_it_is_ours(address):
    file = ROOT / (address.replace(".", "/") + ".py")
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    assert re.search(r"\b(19|20)\d\d\b|as in MiFID|Our own", said)


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("def f(a: int) -> int: ...", ["a docstring"]),
        ("def f(a, b):\n '''Adds a.'''", ["what b is"]),
        ("def f(a: 'np.ndarray'):\n '''Sum of `a`.'''", ["shapes"]),
        ("def f(a: 'np.ndarray'):\n '''Sum of `a`, float64 N F.'''", []),
        ("def f():\n '''Fails.'''\n raise InputError('x')", ["InputError"]),
        ("class A:\n '''One.'''\n def f(self): ...", ["a docstring"]),
        ("def _f(a): ...", []),
    ],
)
def test_what_is_left_out_is_found(source, missing):
    assert [gap for one in definitions(source, "x") for gap in unsaid(one)] == missing


def test_ruff_demands_docstrings_of_the_same_files():
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    linted = told["tool"]["ruff"]["lint"]
    spared = [name for name, rules in linted["per-file-ignores"].items() if rules == ["D"]]
    assert "D" in linted["select"]
    assert spared[0] == "!{ganbench/{__init__,api,errors,record}.py,ganzoo/*.py,metrics/*.py}"
    assert not any(name in part for part in spared[1:] for name in ("extractor,", "registry"))
