"""`ganbench kaggle bundle`: a run and ganbench itself as a data set for a notebook on Kaggle."""

import shlex
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from ganbench.errors import InputError
from ganbench.system import files
from ganbench.trained import kaggle_names, own_folder, own_wheel
from ganbench.trained.trained_run import TrainedRun
from ganbench.training import checkpoint

RUN, WHEELS, PLUGINS = "run", "wheels", "plugins"
METADATA = "dataset-metadata.json"
LICENCE = "other"  # weights learned from pictures whose rights we do not know
PATHS = ("folder", "source_folder", "target_folder")  # in run.json, of this machine


@dataclass(frozen=True)
class Bundle:
    """The folder, and what is in it."""

    place: Path
    wheel: Path
    size: int  # bytes in all

    @property
    def command(self) -> str:
        """What to type to send it: folders go as zips, which Kaggle unpacks again."""
        return shlex.join(["kaggle", "datasets", "create", "-p", str(self.place), "-r", "zip"])


def write(run: TrainedRun, out: Path | None, user: str | None, plugins: tuple[Path, ...]) -> Bundle:
    """Fill a folder that `kaggle datasets create` takes; the same command makes it anew.

    InputError when something else lies there, or for a plugin that is not there.
    """
    name = kaggle_names.user(user)
    for plugin in plugins:
        if not plugin.is_file():
            raise InputError(f"the plugin {plugin} is not there", "--plugin FILE.py")
    if len({plugin.name.lower() for plugin in plugins}) < len(plugins):
        raise InputError("two plugins have the same name", "rename one: they go into one folder")
    place = out or Path(f"{run.record.model}-kaggle-data")
    try:
        files.check_writable(place)
    except InputError as error:
        raise InputError(str(error), "--out FOLDER") from None
    own_folder.begin_told(place, {"bundle of": run.name, **own_folder.about(run)})
    _copy_run(run, place / RUN)
    files.remove(place / WHEELS)
    wheel = own_wheel.write(place / WHEELS)
    files.remove(place / PLUGINS)
    for plugin in plugins:
        files.copy(plugin, place / PLUGINS / plugin.name)
    slug = kaggle_names.data_set(run)
    about = {"title": kaggle_names.title(slug), "id": f"{name}/{slug}"}
    files.write_json(place / METADATA, {**about, "licenses": [{"name": LICENCE}]})
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    return Bundle(place, wheel, size)


def _copy_run(run: TrainedRun, place: Path) -> None:
    """What using a model needs of its run: the records and the weights, no pictures."""
    with files.building(place) as draft:
        weights = draft / checkpoint.NAMES[0]
        told = files.read_sealed(run.checkpoint / checkpoint.NOTE, old=True)
        for name in (checkpoint.NOTE, *told["files"]):
            files.copy(files.inside(run.checkpoint, name), files.inside(weights, name))
        files.copy(run.folder / "record.json", draft / "record.json")
        if (run.folder / "run.json").is_file():
            files.write_json(draft / "run.json", _without_paths(run.folder / "run.json"))


def _without_paths(path: Path) -> dict[str, object]:
    """A job whose folders are names alone: what else their paths tell is nobody's concern."""
    told = files.read_json(path)
    if not isinstance(told, dict):
        raise InputError(f"{path} is damaged")
    if isinstance(told.get("run"), dict):  # a plugin's address is its file
        file, colon, kind = str(told["run"].get("address", "")).rpartition(":")
        told["run"]["address"] = PureWindowsPath(file).name + colon + kind
    shorter = {name: PureWindowsPath(told[name]).name for name in PATHS if told.get(name)}
    return {**told, **shorter}
