"""What a submission would score by Kaggle's metric, as far as that can be known at home."""

from dataclasses import dataclass
from pathlib import Path

from ganbench.data.run_samples import place_of
from ganbench.errors import InputError
from ganbench.scoring import compare_sets, find_weights, verify
from ganbench.scoring.compare_sets import Settings
from ganbench.system.user_errors import USER_ERRORS
from ganbench.trained.trained_run import TrainedRun
from metrics.scoring import Result

WEIGHTS = (
    "`ganbench prepare` fetches them, --inception-weights FILE takes a copy; without them "
    "`ganbench score {file} PAINTINGS` compares with Lite0, whose numbers are no MiFID"
)


@dataclass(frozen=True)
class Wish:
    """What to hold the pictures against, and with what."""

    paintings: str | None = None
    inception_weights: Path | None = None
    device: str | None = None


@dataclass(frozen=True)
class Estimate:
    """A local MiFID, or in `why` a sentence on why there is none."""

    result: Result | None = None
    paintings: str = ""
    count: int = 0  # of them
    why: str = ""

    @property
    def sentence(self) -> str:
        """For people."""
        if self.result is None or self.result.value is None:
            return f"no MiFID estimate: {self.why}"
        return (
            f"{self.result.title} {self.result.value:.1f}, our estimate against the {self.count:,} "
            f"paintings in {self.paintings}; Kaggle holds other paintings back, and its number "
            f"will differ ({self.result.note})"
        )


def check(wish: Wish) -> None:
    """InputError for a file that was named and is not there, before hours of drawing."""
    if wish.inception_weights:
        find_weights.find(wish.inception_weights)
    if wish.paintings and not place_of(wish.paintings).exists():
        raise InputError(f"--paintings {wish.paintings} is not there")


def estimate(file: Path, run: TrainedRun | None, wish: Wish, tick: compare_sets.Tick) -> Estimate:
    """MiFID of the zip against paintings: those named, or else what the run was trained on.

    Whatever stands in its way is a sentence: the zip is made, and is not worse for that.
    """
    try:
        paintings, said = _paintings(run, wish)
        found = find_weights.find(wish.inception_weights, lambda *s: tick("Inception weights", *s))
        if found.path is None:
            return Estimate(why=f"{found.problem}. {WEIGHTS.format(file=file)}")
        settings = Settings(("mifid",), extractors=("inception",), device=wish.device,
                            inception_weights=found.path)  # fmt: skip
        compared = compare_sets.compare_sides(str(file), paintings, settings, tick)
    except USER_ERRORS as error:
        return Estimate(why=str(error))
    (result,) = compared.results.values()
    return Estimate(result, said, compared.real.count, result.note)


def _paintings(run: TrainedRun | None, wish: Wish) -> tuple[str, str]:
    """Where the paintings are, and what to call that."""
    if wish.paintings:
        return wish.paintings, wish.paintings
    if run is None:
        raise InputError("there are no paintings to compare with: --paintings FOLDER names some")
    target = verify.reference_of(run.folder, run.record).target
    return str(target.folder / "pictures.npy"), target.title
