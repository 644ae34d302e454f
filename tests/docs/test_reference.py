"""docs/reference is true: commands as typer knows them, settings and suites as modules have them.

To write them anew: GANBENCH_WRITE_DOCS=1 pytest tests/docs/test_reference.py
"""

import ast
import importlib
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from typer.main import get_command

from ganbench.cli.main import app
from ganbench.planning import suite, toml
from ganzoo import settings
from ganzoo.settings import choices, typed
from metrics import registry

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
SOURCE = (ROOT / "ganzoo" / "settings.py").read_text(encoding="utf-8")
BLOCK = re.compile(
    r"(?<=<!-- written by tests/docs/test_reference.py -->\n).*(?=<!-- end -->)", re.DOTALL
)
KINDS = {
    settings.Adversaries: "Every model",
    settings.DCGAN: "dcgan",
    settings.CycleGAN: "Both CycleGANs",
    settings.CycleGANUNet: "cyclegan-unet",
    settings.CycleGANResNet: "cyclegan-resnet",
}


def check(page: Path, drawn: str) -> None:
    """Demand that a page holds what was drawn; write it anew where that is wanted."""
    text = page.read_text(encoding="utf-8")
    if os.environ.get("GANBENCH_WRITE_DOCS"):
        text = BLOCK.sub(lambda _: drawn, text)
        page.write_text(text, encoding="utf-8")
    assert BLOCK.findall(text) == [drawn]


# Command line


def drawn_commands() -> str:
    """What `typer utils docs` says of the command, as text that nobody takes for a command."""
    typer = [sys.executable, "-m", "typer", "ganbench.cli.main", "utils", "docs"]
    asked = subprocess.run(
        [*typer, "--name", "ganbench"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    text = asked.stdout.partition("\n")[2]  # its own title
    text = re.sub(r"\*\*Commands\*\*:\n\n(?:\* .*\n)+", "", text)  # first words of what follows
    text = re.sub(r"\* `--help`: .*\n", "", text)
    text = re.sub(r"\*\*Options\*\*:\n\n(?!\*)", "", text)
    text = re.sub(r"\*\*Usage\*\*:\n\n```console\n\$ (.*)\n```", r"```text\n\1\n```", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def test_the_page_of_the_command_line_says_what_the_command_does():
    check(REFERENCE / "cli.md", drawn_commands())


def test_the_page_of_the_command_line_has_every_command():
    page = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    names = [command.name or command.callback.__name__ for command in app.registered_commands]
    assert len(names) > 15
    assert [name for name in names if f"\n## `ganbench {name}`\n" not in page] == []


# Settings


@dataclass(frozen=True)
class Told:
    """What the source says of a name: how it is annotated, and the comment beside or above it."""

    annotation: str
    comment: str


def told(body: list[ast.stmt], source: str = SOURCE) -> dict[str, Told]:
    """What is told of every name that is set in a module or a class."""
    lines, found = source.splitlines(), {}
    for node in body:
        if isinstance(node, ast.AnnAssign | ast.Assign):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            annotation = ast.unparse(node.annotation) if isinstance(node, ast.AnnAssign) else ""
            found[ast.unparse(target)] = Told(annotation, comment(lines, node))
    return found


def comment(lines: list[str], node: ast.stmt) -> str:
    """The comment behind a statement or, where it has none, the lines of one above it."""
    _, mark, behind = lines[node.end_lineno - 1].partition("  # ")
    if mark:
        return behind.strip()
    above: list[str] = []
    while (before := lines[node.lineno - 2 - len(above)].strip()).startswith("#"):
        above.insert(0, before.lstrip("# "))
    return " ".join(above)


MODULE = ast.parse(SOURCE).body
OF_MODULE = told(MODULE)
OF_KIND = {
    kind: told(node.body)
    for kind in KINDS
    for node in MODULE
    if isinstance(node, ast.ClassDef) and node.name == kind.__name__
}


def drawn_settings() -> str:
    """A table for each kind of settings, the shared ones first, and what the profiles change."""
    parts = []
    for kind, title in KINDS.items():
        parts += [f"## {title}", "", kind.__doc__ or "", ""]
        parts += ["| setting | default | may be | what it is |", "|---|---|---|---|"]
        hints, defaults = get_type_hints(kind), {f.name: f.default for f in fields(kind)}
        for name, said in OF_KIND[kind].items():
            what = said.comment or OF_MODULE.get(said.annotation, Told("", "")).comment
            default, may_be = typed(defaults[name]), choices(hints[name], "`")
            parts.append(f"| `{name}` | `{default}` | {may_be} | {what} |")
        parts.append("")
    parts += ["## What the profiles change", "", "| profile | model | settings |", "|---|---|---|"]
    for profile, models in settings.PROFILES.items():
        for kind, changed in models.items():
            listed = ", ".join(f"`{k}={typed(v)}`" for k, v in changed.items())
            parts.append(f"| `{profile}` | {KINDS[kind]} | {listed} |")
    return "\n".join(parts) + "\n"


def test_the_page_of_the_settings_says_what_the_module_does():
    check(REFERENCE / "settings.md", drawn_settings())


def test_every_setting_of_a_model_stands_on_the_page_and_is_explained():
    page = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", page, re.MULTILINE))
    names = {field.name for kind in KINDS for field in fields(kind)}
    assert len(names) > 40 and names <= rows.keys()
    assert {name for name in names if not rows[name]} == SAID_BY_THEIR_NAMES


SAID_BY_THEIR_NAMES = {  # or, the last, by the comment of the one above
    *("learning_rate_g", "learning_rate_d", "beta2", "adam_epsilon", "norm", "norm_epsilon"),
    *("init_std", "lambda_cycle", "dropout_layers", "bottleneck_norm"),
}


# Suite files


def drawn_suite() -> str:
    """A row a field of Suite: its default, where it depends on the device both, and what it is."""
    source = (ROOT / "ganbench" / "planning" / "suite.py").read_text(encoding="utf-8")
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    (said,) = (told(node.body, source) for node in classes if node.name == "Suite")
    parts = ["| key | default | what it is |", "|---|---|---|"]
    for field in fields(suite.Suite):
        by_device = [suite.DEVICE_DEFAULTS[kind].get(field.name) for kind in ("cpu", "cuda")]
        default = "" if field.default in (None, "", ()) else f"`{toml.value(field.default)}`"
        if any(by_device):
            default = "`{}` on a CPU, `{}` on CUDA".format(*map(toml.value, by_device))
        comment = said[field.name].comment.replace("None: ", "otherwise ")
        parts.append(f"| `{field.name}` | {default} | {comment} |")
    return "\n".join(parts) + "\n"


def test_the_page_of_suite_files_says_what_a_suite_is():
    check(REFERENCE / "suite.md", drawn_suite())


def test_the_example_on_the_page_of_suite_files_is_one():
    page = (REFERENCE / "suite.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    found = suite.from_values(tomllib.loads(text), "the page")
    assert [choice.name for choice in suite.choices(found.models)] == ["dcgan", "cyclegan-resnet"]


def test_every_default_that_an_option_of_run_shows_is_that_of_a_suite():
    group: Any = get_command(app)
    run = group.commands["run"]
    shown = {option.name: option.show_default for option in run.params}
    usual = suite.Suite()
    for name in ("snapshots", "frames", "judge_on"):
        assert shown[name] == str(getattr(usual, name)), name
    for name in ("models", "seeds", "frameworks"):
        assert shown[name] == ",".join(map(str, getattr(usual, name))), name
    assert [float(shown[name]) for name in ("jitter", "held_out")] == [0, 0]
    assert (usual.jitter, usual.held_out, usual.flip) == (0, 0, True) and shown["flip"] == "flip"
    left_out = set(registry.BUILT_IN) - set(usual.metrics)
    assert left_out == {"is", "fid_infinity"} and usual.metrics[0] == "kid"
    assert shown["metrics"] == "kid and all others but is and fid_infinity"


# Variables


def test_every_variable_that_the_code_reads_stands_on_the_page():
    page = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    read = {
        name
        for room in ("ganbench", "ganzoo", "metrics")
        for path in (ROOT / room).rglob("*.py")
        for name in re.findall(r'"(GANBENCH_[A-Z]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(read) == 5
    assert {name for name in read if f"\n| `{name}` |" not in page} == set()


# Python


@pytest.mark.parametrize("module", ["ganbench", "metrics"])
def test_the_page_of_python_has_every_public_name(module):
    page = (REFERENCE / "api.md").read_text(encoding="utf-8")
    named = re.findall(r"^::: [\w.]+\.(\w+)$", page, re.MULTILINE)
    public = importlib.import_module(module).__all__
    assert {name for name in public if not name.startswith("__")} <= set(named)


def test_everything_that_the_page_of_python_names_is_there():
    page = (REFERENCE / "api.md").read_text(encoding="utf-8")
    named = re.findall(r"^::: ([\w.]+)\.(\w+)$", page, re.MULTILINE)
    assert len(named) > 8
    for module, name in named:
        assert getattr(importlib.import_module(module), name).__doc__, name
