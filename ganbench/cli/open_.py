"""`ganbench open`: the report in a browser."""

import os
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from ganbench.cli.options import here
from ganbench.errors import InputError

SCREENS = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")  # one of them, where there is a window to show


def open_(
    results: Annotated[Path, typer.Argument(callback=here, help="Results folder.")] = Path(
        "results"
    ),
) -> None:
    """Open report.html in the browser."""
    page = (results if results.suffix == ".html" else results / "report.html").absolute()
    if not page.is_file():
        raise _missing(results, page)
    print(page)
    if not _shown(page):
        folder = shlex.quote(str(page.parent))
        print("no browser is here to open it; from another machine, type here and there:")
        print(f"  {Path(sys.executable).name} -m http.server 8000 --bind 127.0.0.1 -d {folder}")
        print(f"  ssh -L 8000:127.0.0.1:8000 THIS-MACHINE  and open localhost:8000/{page.name}")


def _missing(results: Path, page: Path) -> InputError:
    """Why there is nothing to open, and what makes it."""
    if not results.exists():
        return InputError(f"there is no folder {results}", "ganbench run")
    if any(results.glob("*/*/record.json")):
        return InputError(
            f"{page} is not there, but records are",
            f"ganbench report {results}  makes the page from them",
        )
    return InputError(f"no report in {results}", "ganbench run")


def _shown(page: Path) -> bool:
    """Hand the page to a browser that has a window; one that fills the terminal is not asked."""
    import webbrowser

    if sys.platform.startswith("linux") and not any(map(os.environ.get, SCREENS)):
        return False
    try:
        return webbrowser.open(page.as_uri())
    except Exception:  # whatever a desktop does wrong: the path has been said
        return False
