"""Build the pages below docs/ into site/: stage them, let Zensical draw them, check what came out.

Staged is a copy in which links to files outside of docs/ lead to copies too: the site stands alone,
and the same links hold in the repository. Standard library and zensical only.
"""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from os.path import relpath
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[1]
STAGED = ROOT / "build" / "docs"
SITE = ROOT / "site"
ELSEWHERE = "repository"  # folder of the site for what lies outside of docs/
LANGUAGES = {".py": "python", ".toml": "toml", ".json": "json", ".md": "markdown"}
AS_THEY_ARE = {".webp", ".png", ".svg", ".csv", ".ipynb", ".css"}
FENCE = re.compile(r"^(?:```.*?^```|~~~.*?^~~~)[ ]*$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"(?<=\]\()[^()\s]+(?=\))")
CSS_LINK = re.compile(r"@import|url\(\s*['\"]?(?:https?:)?//", re.IGNORECASE)


def prose(text: str) -> Iterator[tuple[bool, str]]:
    """A page in its parts: whether a part is code, and the part."""
    at = 0
    for fence in FENCE.finditer(text):
        yield False, text[at : fence.start()]
        yield True, fence[0]
        at = fence.end()
    yield False, text[at:]


def links(text: str) -> list[str]:
    """Where the links of a Markdown page lead, those in code left out."""
    return [link for code, part in prose(text) if not code for link in LINK.findall(part)]


def is_local(link: str) -> bool:
    """Whether a link leads to a file of ours, this page excepted."""
    parts = urlsplit(link)
    return not (parts.scheme or parts.netloc) and bool(parts.path)


def staged_name(file: Path, root: Path) -> Path:
    """Where in the staged folder a file of the repository lies: source code becomes a page."""
    name = file.relative_to(root)
    if name.parts[0] == "docs":
        return Path(*name.parts[1:])
    plain = file.suffix == ".md" or file.suffix in AS_THEY_ARE
    return Path(ELSEWHERE, name if plain else f"{name}.md")


def code_page(file: Path, root: Path) -> str:
    """A page that shows a file and is not searched."""
    text = file.read_text(encoding="utf-8")
    language = LANGUAGES.get(file.suffix, "text")
    head = f"---\nsearch:\n  exclude: true\n---\n\n# {file.relative_to(root).as_posix()}\n"
    return f"{head}\n~~~~~~{language}\n{text.rstrip()}\n~~~~~~\n"


def page(file: Path, root: Path) -> tuple[str, set[Path]]:
    """The staged text of a Markdown page, and the files outside of docs/ that it leads to."""
    found: set[Path] = set()
    here = staged_name(file, root).parent

    def moved(link: re.Match[str]) -> str:
        if not is_local(link[0]):
            return link[0]
        path, mark, anchor = link[0].partition("#")
        target = (file.parent / unquote(path)).resolve()
        if not target.is_file():
            raise SystemExit(f"{file.relative_to(root)}: {link[0]} is no file")
        found.add(target)
        return Path(relpath(staged_name(target, root), here)).as_posix() + mark + anchor

    text = file.read_text(encoding="utf-8")
    parts = (part if code else LINK.sub(moved, part) for code, part in prose(text))
    return "".join(parts), {path for path in found if path.relative_to(root).parts[0] != "docs"}


def stage(root: Path, place: Path) -> list[Path]:
    """Copy docs/ and all that it leads to into `place`; gives the pages made of other files."""
    shutil.rmtree(place, ignore_errors=True)
    waiting = {path for path in (root / "docs").rglob("*") if path.is_file()}
    done: set[Path] = set()
    while waiting:
        file = waiting.pop()
        done.add(file)
        target = place / staged_name(file, root)
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".md":
            text, found = page(file, root)
            target.write_text(text, encoding="utf-8")
            waiting |= found - done
        elif file.suffix in AS_THEY_ARE:
            shutil.copyfile(file, target)
        elif file.relative_to(root).parts[0] != "docs":
            target.write_text(code_page(file, root), encoding="utf-8")
    return sorted(path for path in done if path.relative_to(root).parts[0] != "docs")


class Page(HTMLParser):
    """What a built page is asked for: anchors, links, what it loads by itself, styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.styles: list[str] = []
        self.drawn_later = False  # by Mermaid, which the theme would fetch
        self._tag = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if values.get(name)}
        found = [values[name] for name in ("href", "src", "srcset", "poster") if name in values]
        (self.links if tag == "a" else self.loads).extend(found)
        self.styles.append(values.get("style", ""))
        self.drawn_later |= "mermaid" in values.get("class", "").split()

    def handle_data(self, data: str) -> None:
        if self._tag == "style":
            self.styles.append(data)


def faults(site: Path) -> list[str]:
    """What is wrong with a built site: links that lead nowhere, and all it loads from elsewhere."""
    pages = {file: Page(file.read_text(encoding="utf-8")) for file in sorted(site.rglob("*.html"))}
    found = []
    for file, page in pages.items():
        told = [
            f"{link} leads nowhere"
            for link in page.links + page.loads
            if is_broken(link, file, site, pages)
        ]
        told += [f"it loads {link}" for link in page.loads if is_foreign(link)]
        told += [f"a style loads from elsewhere: {s}" for s in page.styles if CSS_LINK.search(s)]
        told += ["the theme fetches Mermaid for a drawing"] if page.drawn_later else []
        found += [f"{file.relative_to(site)}: {fault}" for fault in told]
    for file in sorted(site.rglob("*.css")):
        if CSS_LINK.search(file.read_text(encoding="utf-8")):
            found.append(f"{file.relative_to(site)}: it loads from elsewhere")
    return found


def is_foreign(link: str) -> bool:
    parts = urlsplit(link)
    return bool(parts.netloc) or parts.scheme in {"http", "https"}


def is_broken(link: str, file: Path, site: Path, pages: dict[Path, Page]) -> bool:
    """Whether a link of a built page leads to no file, or to no place in it."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return False
    path = unquote(parts.path)
    base = site if path.startswith("/") else file.parent
    target = (base / path.lstrip("/")).resolve() if path else file
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return True
    there = pages.get(target)
    return bool(parts.fragment) and (there is None or unquote(parts.fragment) not in there.anchors)


def main() -> None:
    began = time.monotonic()
    stage(ROOT, STAGED)
    zensical = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    if subprocess.run(zensical, cwd=ROOT).returncode:
        raise SystemExit("the site has not been built")
    if wrong := faults(SITE):
        raise SystemExit("\n".join(wrong))
    pages = len(list(SITE.rglob("*.html")))
    print(f"site/index.html: {pages} pages in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
