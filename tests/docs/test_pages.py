"""The pages hold what they say: links, counts, names of files, and numbers that were measured."""

import re
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest

from metrics import registry

from .pages import DOCS, FENCED, PAGES, ROOT, commands

README = (ROOT / "README.md").read_text(encoding="utf-8")
LINK = re.compile(r"\]\(([^()\s]+)\)")


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def flat(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())


def anchors(page: Path) -> set[str]:
    """Where a link may lead in a page: its headings, as repository hosts name them."""
    prose = FENCED.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


# Links and files


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_somewhere(page):
    broken = []
    for link in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        path, _, anchor = link.partition("#")
        target = (page.parent / unquote(path)).resolve() if path else page
        if re.match(r"\w+:", link):
            assert link.startswith("https://")
        elif not target.is_file() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_nothing_is_left_to_fill_in():
    assert [page.name for page in PAGES if "@@" in page.read_text(encoding="utf-8")] == []


def test_the_site_leads_to_every_page():
    project = tomllib.loads(text_of("zensical.toml"))["project"]
    named = set(re.findall(r"'([\w/.-]+\.md)'", str(project["nav"])))
    there = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}
    assert {name for name in named if not name.startswith("repository/")} == there


def test_the_start_leads_to_every_page():
    linked = {(DOCS / link).resolve() for link in LINK.findall(text_of("docs/index.md"))}
    assert set(DOCS.rglob("*.md")) - {DOCS / "index.md"} <= linked


@pytest.mark.parametrize(
    "example",
    [
        "tiny_gan.py",
        "averaged_gan.py",
        "replayed_gan.py",
        "colour_distance.py",
        "colour_extractor.py",
    ],
)
def test_an_example_is_as_long_as_it_says(example):
    lines = text_of(f"examples/{example}").count("\n")
    assert re.search(rf"{example}\)[^(]*in {lines}\b", text_of("docs/how-to/plugin.md"))


def test_the_tree_has_every_folder_and_every_name_in_it_is_there():
    tree = text_of("docs/architecture.md").partition("## The tree")[2].split("```")[1]
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
    page = text_of("docs/reliability.md")
    named = set(re.findall(r"`((?:ganbench|ganzoo|benchmarks)/[\w/-]*(?:\.py|/))`", page))
    assert len(named) > 20
    there = {name for name in named if (ROOT / "tests" / name).exists() or (ROOT / name).exists()}
    assert named == there


# The README is short


def test_the_readme_is_a_screen_with_two_commands_and_five_ways_on():
    assert len(README.split()) < 500
    assert [str(c) for c in commands() if c.page == "README.md"] == ["make bench", "make test"]
    assert len(re.findall(r"^- \[[\w-]+\]\(", README, re.MULTILINE)) == 5


# Counts


def test_the_metrics_are_counted_and_each_has_a_row():
    said = {16: "Sixteen", 17: "Seventeen", 18: "Eighteen"}[len(registry.BUILT_IN)]
    assert f"[{said} metrics](../metrics.md)" in flat(text_of("docs/explanation/fairness.md"))
    rows = re.findall(r"^\| `(\w+)` \|", text_of("docs/metrics.md"), re.MULTILINE)
    assert rows == list(registry.BUILT_IN)


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
    assert f"\n| {row}" in text_of("docs/parity.md")


# The first table is that of results/reference; test_numbers.py holds all other numbers


def cells(table: str) -> list[list[str]]:
    """A Markdown table as rows of cells, without bold type and what stands in brackets."""
    plain = [re.sub(r" \([^)]*\)|\*\*", "", line) for line in table.splitlines()]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in plain if "|" in line]


def test_the_table_of_the_readme_is_the_reference():
    there: dict[tuple[str, str], str] = {}
    for part in text_of("results/reference/scenes.md").split("\n\n")[:2]:
        head, _, *rows = cells(part)
        there |= {
            (row[0], name): cell for row in rows for name, cell in zip(head, row, strict=True)
        }
    head, _, *rows = cells(README[README.index("| model") : README.index("Three seeds")])
    assert (len(head), len(rows)) == (9, 5)
    for row in rows:
        for name, cell in zip(head[1:], row[1:], strict=True):
            if name == "mesh ↓":  # with its unit, and shorter than there
                mean = there[row[0], "Mesh ↓"].split(" ±")[0].replace("−", "-")
                assert cell == f"{float(mean):.1f} dB".replace("-", "−")
            else:
                assert cell == there[row[0], name.replace("truth", "Truth")]
