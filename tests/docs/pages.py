"""What the pages for people hold: which they are, and every command that they show."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
BLOCK = re.compile(
    r"(?:^<!-- not run: ([^>]*) -->\n)?^```console\n(.*?)^```", re.DOTALL | re.MULTILINE
)
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Command:
    """A line that begins with `$` in a block of the kind `console`.

    `unrun` is why nobody runs it in the tests: what stands in `<!-- not run: needs a GPU -->`
    above its block; empty where there is no such line.
    """

    page: str
    words: tuple[str, ...]
    unrun: str

    def __str__(self) -> str:
        return shlex.join(self.words)


def commands() -> list[Command]:
    """Every command of every page, in order; of a pipe the first one, without its comment."""
    found = []
    for page in PAGES:
        for unrun, block in BLOCK.findall(page.read_text(encoding="utf-8")):
            for line in re.findall(r"^\$ (.*)$", block, re.MULTILINE):
                words = shlex.split(line, comments=True)
                first = words[: words.index("|")] if "|" in words else words
                found.append(Command(page.relative_to(ROOT).as_posix(), tuple(first), unrun))
    return found


def inline_code(page: Path) -> list[str]:
    """What stands between backticks in the running text of a page."""
    prose = FENCED.sub("", page.read_text(encoding="utf-8"))
    return [" ".join(code.split()) for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", prose)]
