"""matplotlib with its own settings, whatever style files and folders of the user's say."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, chdir, contextmanager, nullcontext
from pathlib import Path


@contextmanager
def defaults() -> Iterator[None]:
    """Draw with matplotlib's defaults, but no formulas; whatever is set meanwhile ends here."""
    _load()
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams["text.parse_math"] = False  # a model or a folder may be called $x$
        yield


def font_file(bold: bool = False) -> Path:
    """The file of a font that is always there: it comes with matplotlib."""
    _load()
    import matplotlib as mpl

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return Path(mpl.get_data_path()) / "fonts" / "ttf" / name


def _load() -> None:
    """Import matplotlib; not a matplotlibrc of the current folder, which may be anything."""
    if "matplotlib" in sys.modules:
        return
    # Where it keeps its list of fonts, if not where the user wants it, is nobody's concern.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    elsewhere: AbstractContextManager[None] = nullcontext()
    if os.path.lexists("matplotlibrc"):
        elsewhere = chdir(Path(__file__).parent)
    with elsewhere:
        import matplotlib as _  # noqa: F401
