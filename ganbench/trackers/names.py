"""Names for trackers and files, of what records say: a stranger's text, so few letters are kept."""

import re
from collections.abc import Iterable

LONGEST = 100  # letters of a name
_OTHER = re.compile(r"[^A-Za-z0-9 _.-]+")  # what some tracker or file system refuses in a name


def part(text: str) -> str:
    """One part of a name, without a slash, that is a plain file's name anywhere: a:b -> a_b."""
    kept = _OTHER.sub("_", text)[:LONGEST].strip(" .")
    return kept or "_"


def parts(texts: Iterable[str]) -> list[str]:
    """A part for each text: those that would be alike, in any case of letters, are numbered."""
    found: list[str] = []
    taken: set[str] = set()
    for text in texts:
        name, count = part(text), 1
        while name.lower() in taken:
            count += 1
            name = f"{part(text)}_{count}"
        taken.add(name.lower())
        found.append(name)
    return found
