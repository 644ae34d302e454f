"""The README holds what it says."""

import re
from pathlib import Path

import pytest

from metrics import registry

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_nothing_is_left_to_fill_in():
    assert "@@" not in README


@pytest.mark.parametrize(
    "page", [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
)
def test_every_file_that_a_page_names_is_there(page):
    named = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    local = [path for path in named if not path.startswith("http")]
    assert [path for path in local if not (page.parent / path).exists()] == []


@pytest.mark.parametrize("example", ["tiny_gan.py", "colour_distance.py"])
def test_an_example_is_as_long_as_it_says(example):
    lines = (ROOT / "examples" / example).read_text(encoding="utf-8").count("\n")
    assert re.search(rf"{example}\)[^(]*in {lines} lines", README)


@pytest.mark.parametrize(
    "row",
    [
        *("features | torch-fidelity", "FID | torch-fidelity", "KID | torch-fidelity"),
        *("Inception Score | torch-fidelity", "precision | torch-fidelity"),
        *("recall | torch-fidelity", "MiFID | torchmetrics", "density | prdc"),
        *("coverage | prdc", "FID, clean | clean-fid", "FWD | the paper"),
    ],
)
def test_the_proof_has_a_row_for_every_reference(row):
    assert f"\n| {row}" in (ROOT / "docs" / "parity.md").read_text(encoding="utf-8")


def test_it_counts_the_metrics_and_the_docs_name_each():
    said = {16: "Sixteen", 17: "Seventeen", 18: "Eighteen"}[len(registry.BUILT_IN)]
    assert re.search(rf"\[{said}\s+metrics\]\(docs/metrics.md\)", README)
    docs = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", docs, re.MULTILINE) == list(registry.BUILT_IN)


def test_the_tree_has_every_folder_and_every_name_in_it_is_there():
    tree = README.partition("## The tree")[2].split("```")[1]
    top, named = "", set()
    for line in tree.strip().splitlines():
        first = re.match(r"\s*(?:[\w.]+[/.]\w*  ?)+", line)
        words = first[0].split() if first else []
        if not line.startswith(" "):
            top, words = words[0], [""]
        named |= {top + word.rstrip("/") for word in words}
    assert sorted(name for name in named if not (ROOT / name).exists()) == []
    rooms = {
        path.parent.relative_to(ROOT).as_posix() for path in ROOT.glob("ganbench/*/__init__.py")
    }
    assert rooms <= named


def test_every_test_that_proves_a_promise_is_there():
    page = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:ganbench|ganzoo|benchmarks)/[\w/-]*(?:\.py|/))`", page))
    assert len(named) > 20
    there = {name for name in named if (ROOT / "tests" / name).exists() or (ROOT / name).exists()}
    assert named == there
