"""ganbench from Python: `run` a suite or `load` one that was run, and look at what came out.

The process that calls trains nothing: it meets no framework, catches no signal and leaves the
settings of its libraries as they are, whatever it has imported and wherever it draws.
"""

import io
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganbench.errors import InputError

if TYPE_CHECKING:
    import numpy
    import pandas

    from ganbench.record import Record
    from ganbench.report import Outcome

__all__ = ["InputError", "Results", "Run", "load", "run"]

FIRST = 16  # pictures of a run that are shown
EDGE = 96  # pixels of each, at most
COLUMNS = 8
MOST_SHOWN = 8  # runs with pictures
MOST_MEANS = 5  # metrics in a notebook's table; the page and `table` have all
SHORT = {"row", "model", "framework", "seeds", "done", "pictures_per_second", "parameters"}

Words = str | Iterable[str]
PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class Run:
    """One run: what it was, how it ended, what it drew."""

    folder: Path
    record: "Record"

    @property
    def label(self) -> str:
        """The model with what was changed: "cyclegan-resnet:norm=group"."""
        return self.record.label

    @property
    def status(self) -> str:
        """How it ended: "done", "collapsed", "diverged", "failed" ..."""
        return self.record.status.name

    @property
    def scores(self) -> dict[str, float | None]:
        """Number by metric; None where it is not defined."""
        return {name: score.value for name, score in self.record.scores.items()}

    def pictures(self) -> "numpy.ndarray":
        """Its last samples, by which it is judged: uint8 N H W 3.

        InputError when it has none, or when they are not what it wrote.
        """
        from ganbench import record

        if not self.record.snapshots:
            raise InputError(f"{self.folder} holds no pictures: the run is {self.status}")
        return record.array(self.folder, self.record, self.record.snapshots[-1].file)

    def translate(
        self,
        pictures: Any,
        reverse: bool = False,
        device: str | None = None,
        plugins: Iterable[PathLike] = (),
    ) -> Any:
        """Paint photographs.

        pictures: uint8 H W 3, N H W 3, or a list of arrays or Pillow's of any size.

        What comes back has their shape. `reverse`: paintings to photographs. InputError when the
        run has no such model.
        """
        from ganbench.trained import draw, trained_run

        with _user_errors():
            run = trained_run.find(str(self.folder))
            return draw.translate(run, pictures, reverse, device, tuple(map(Path, plugins)))

    def generate(
        self,
        count: int = 16,
        seed: int = 0,
        device: str | None = None,
        plugins: Iterable[PathLike] = (),
    ) -> "numpy.ndarray":
        """Draw new pictures from noise: uint8 N H W 3; InputError when the run has no such model.

        The first ones are the same whatever their number.
        """
        from ganbench.trained import draw, trained_run

        with _user_errors():
            run = trained_run.find(str(self.folder))
            return draw.generate(run, count, seed, device, tuple(map(Path, plugins)))

    def __repr__(self) -> str:
        return f"Run({self.label!r}, seed={self.record.seed}, {self.status}, {str(self.folder)!r})"

    def _repr_png_(self) -> bytes | None:
        """Its first pictures, in rows, for a notebook; None where there are none to show."""
        from ganbench.report.pictures import encoding

        if not self.record.snapshots:
            return None
        try:
            name = self.record.snapshots[-1].file
            shown = encoding.of_run(self.folder, self.record, name, FIRST)
        except InputError:
            return None
        times, content = max(1, EDGE // max(shown.shape[1:3])), io.BytesIO()
        larger = shown.repeat(times, 1).repeat(times, 2)  # of 32 px nobody sees much
        encoding.sheet(larger, COLUMNS, EDGE).save(content, "PNG")
        return content.getvalue()


@dataclass(frozen=True)
class Results:
    """A suite that was run: its runs, their comparison and the verdict, as on the page."""

    folder: Path  # of results, in which the suite's lies
    suite: str

    @cached_property
    def _outcome(self) -> "Outcome":
        from ganbench.report import outcome

        return outcome(self.folder, self.suite)

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """All runs of the suite that have a record."""
        return tuple(Run(folder, record) for folder, record in self._outcome.read.runs)

    @property
    def table(self) -> "pandas.DataFrame":
        """One row a model, best first, then floor and identity: comparison.csv as numbers."""
        return self._outcome.table.copy()

    @property
    def runs_table(self) -> "pandas.DataFrame":
        """One row a run, one column a metric."""
        from ganbench import record

        return record.table(self._outcome.read)

    @property
    def verdict(self) -> str:
        """Which model to use, and how sure that is."""
        return self._outcome.verdict

    @property
    def best(self) -> Run | None:
        """Of the model that the verdict says to use, the seed with the best score.

        None where it names no winner, as with one seed: see `verdict`.
        """
        from ganbench import record

        primary = str(self._outcome.read.suite.get("primary") or "")
        done = [Run(*each) for each in self._outcome.best if each[1].status.name == "done"]
        return min(done, key=lambda run: record.rank(run.record, primary), default=None)

    @property
    def report(self) -> Path:
        """The page; it is built from the records where it is missing or shows another suite."""
        from ganbench.report import embedded
        from ganbench.runner import suite_runner

        page = self.folder / "report.html"
        try:
            shown = embedded.read_page(page).suite.get("name")
        except InputError:  # it is missing, or none of ours
            shown = None
        there = shown is not None and shown == self._outcome.read.suite.get("name")
        return page if there else suite_runner.report(self.folder, self.suite)

    def __repr__(self) -> str:
        return f"Results({str(self.folder)!r}, {self.suite!r}: {len(self.runs)} runs)"

    def _repr_html_(self) -> str:
        """Verdict, table and pictures, for a notebook."""
        table = self.table.dropna(axis="columns", how="all")
        means = [name for name in table if str(name).endswith("_mean")][:MOST_MEANS]
        kept = [name for name in table if name in SHORT or name in means]
        html = table[kept].to_html(index=False, na_rep="–", float_format="{:.4g}".format)
        shown = "".join(map(_figure, self.runs[:MOST_SHOWN]))
        page = escape(str(self.folder / "report.html"))
        return f"<p>{escape(self.verdict)}</p>{html}{shown}<p>All of it: <code>{page}</code></p>"


def _figure(run: Run) -> str:
    """A run's pictures with its name."""
    import base64

    if (png := run._repr_png_()) is None:
        return ""
    name = escape(f"{run.label} · {run.record.framework} · seed {run.record.seed}")
    image = base64.b64encode(png).decode()
    return f'<p>{name}<br><img alt="{name}" src="data:image/png;base64,{image}"></p>'


@contextmanager
def _user_errors() -> Iterator[None]:
    """What is the user's to mend, whichever package says so, as one kind with what to type."""
    from ganbench.system.user_errors import USER_ERRORS

    try:
        yield
    except USER_ERRORS as error:
        told = error if isinstance(error, InputError) else InputError(str(error), error.hint)
        if error.hint and error.hint not in getattr(told, "__notes__", ()):
            told.add_note(error.hint)  # below the message, where a traceback is shown
        raise told from None


@_user_errors()
def load(results: PathLike = "results", suite: str | None = None) -> Results:
    """What was run before, from its records; of several suites the newest, unless one is named.

    InputError when nothing is there.
    """
    from ganbench import record
    from ganbench.runner.mirror import fetched

    folder = fetched(os.fspath(results), suite)[0].folder.absolute()
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}", "ganbench.run(...)")
    found = record.find_suite(folder, suite)
    record.read_suite(found)  # InputError where it is damaged
    return Results(folder, found.name)


@_user_errors()
def run(
    models: Words | Sequence[dict[str, Any]] | None = None,
    data: PathLike | None = None,
    *,
    suite: PathLike | None = None,
    source: PathLike | None = None,
    target: PathLike | None = None,
    swap: bool | None = None,
    limit: int | None = None,
    size: int | None = None,
    budget: str | None = None,
    seeds: str | int | Iterable[int] | None = None,
    frameworks: Words | None = None,
    metrics: Words | None = None,
    extractors: Words | None = None,
    protocol: str | None = None,
    profile: str | None = None,
    samples: int | None = None,
    snapshots: int | None = None,
    frames: int | None = None,
    flip: bool | None = None,
    jitter: float | None = None,
    held_out: float | None = None,
    judge_on: str | None = None,
    device: str | None = None,
    threads: int | None = None,
    ranks: int | None = None,
    sync_batchnorm: bool | None = None,
    eager: bool | None = None,
    deterministic: bool | None = None,
    stop_collapsed: bool | None = None,
    price: str | None = None,
    beside: PathLike | Iterable[PathLike] | None = None,
    name: str | None = None,
    plugins: PathLike | Iterable[PathLike] | None = None,
    inception_weights: PathLike | None = None,
    results: PathLike = "results",
    force: bool = False,
    extend: bool = False,
    until: str | None = None,
    shard: str | None = None,
    save_every: str | None = None,
    on: str | None = None,
    say: Callable[[str], object] | None = print,
) -> Results:
    """Train, judge and compare models, as `ganbench run` does: `ganbench run --help` explains all.

    What it has to tell goes line by line to `say`; None: to nobody. The same call again trains only
    what is missing. An interrupt lets the running step end and saves; a second one leaves at once.
    InputError when something asked for cannot be, in one sentence.
    """
    given = {key: value for key, value in locals().items() if key in OPTIONS and value is not None}
    from ganbench import budget as budgets
    from ganbench.runner import background
    from ganbench.runner import mirror as mirrors
    from ganbench.runner.prepare import chosen, prepare, reached
    from ganbench.system.torchrun import launched

    if (ours := launched()) and ours.count > 1:
        raise InputError(
            f"torchrun has started {ours.count} processes, each of which would run all of it",
            f"start it with python, and say ranks={ours.count}",
        )
    if force and extend:
        raise InputError("force starts runs over and extend continues them", "name one")
    if on == "slurm":
        raise InputError("array jobs are submitted by the command alone", "ganbench run --on slurm")
    options = {key: _listed(key, value) for key, value in given.items()}
    began, seconds = time.monotonic(), budgets.duration(until) if until else None
    place = mirrors.place(os.fspath(results))
    tell = say or (lambda line: None)
    if place.mirror:
        tell(f" {place.mirror.address} is kept in {place.folder}")
    with reached(on) as cluster:
        ready = prepare(
            chosen(Path(suite) if suite else None, options, "ganbench.run"),
            place,
            lambda what, done, of: None,
            inception_weights=Path(inception_weights) if inception_weights else None,
            force=force,
            part=shard,
            weights=extend,
            save_every=save_every,
            cluster=cluster,
        ).considered(extend)
        for note in (*ready.extractors.left_out, *ready.notes):
            tell(f" note: {note}")
        left = None if seconds is None else max(0.0, seconds - (time.monotonic() - began))
        said = options | ({"suite": str(suite)} if suite else {}) | {"results": str(results)}
        said |= {key: value for key, value in (("shard", shard), ("on", on)) if value}
        command = f"ganbench.run({', '.join(f'{key}={value!r}' for key, value in said.items())})"
        background.carry_out(ready, command, force, left, tell, cluster)
    return load(place.folder, ready.plan.suite.name)


OPTIONS = (
    *("models", "data", "source", "target", "swap", "limit", "size", "budget", "seeds"),
    *("frameworks", "metrics", "extractors", "protocol", "profile", "samples", "snapshots"),
    *("frames", "flip", "jitter", "held_out", "judge_on", "device", "threads"),
    *("stop_collapsed", "price", "beside", "name", "plugins", "ranks", "sync_batchnorm"),
    *("eager", "deterministic"),
)  # fields of a suite
FILES = ("beside", "plugins")  # one text is one of them: a name may have commas
LISTS = ("models", "seeds", "frameworks", "metrics", "extractors", *FILES)


def _listed(name: str, value: Any) -> Any:
    """A list where a list is meant: of one model, seed or file, itself."""
    plain = _plain(value)
    split = name not in FILES  # of all others one text may name several
    alone = name in LISTS and not isinstance(plain, list) and not (isinstance(plain, str) and split)
    return [plain] if alone else plain


def _plain(value: Any) -> Any:
    """A value as a suite file has it: numpy's numbers, paths and ranges become plain ones."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if hasattr(value, "tolist"):  # numpy's, an array or a number
        return _plain(value.tolist())
    if isinstance(value, str | int | float) or not isinstance(value, Iterable):
        return value
    return [_plain(each) for each in value]
