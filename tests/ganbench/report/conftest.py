"""A results folder as the runner leaves it, made of procedural pictures and closed-form numbers."""

import importlib.util
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from ganbench import record
from ganbench.record import Baseline, Cost, CurvePoint, Moment, Record, Score, Status, Used
from ganbench.system import files

SCRIPT = "<script>alert(1)</script>"
MODELS = {  # label: source, level of its score, pictures/s, parameters, FLOP a step
    "dcgan": ("noise", 182.0, 410.0, {"G": 3_576_704, "D": 2_765_568}, 159e9),
    "cyclegan-unet": ("pictures", 131.0, 4.1, {"G": 54_413_955, "F": 54_413_955}, 318e9),
    "cyclegan-resnet": ("pictures", 118.8, 3.2, {"G": 11_378_179, "F": 11_378_179}, 1879e9),
}
PICTURE_VIEWS = "input output back identity target reverse reverse_back"


def scenes(count: int, size: int, seed: int) -> np.ndarray:
    """Landscapes with a sky, a sun, hills and water: uint8 N H W 3."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : size * 1j, 0 : 1 : size * 1j]
    pictures = []
    for _ in range(count):
        sky = np.stack([0.35 + 0.5 * y, 0.55 + 0.3 * y, 0.9 - 0.25 * y], -1)
        cx, cy = rng.uniform(0.15, 0.85), rng.uniform(0.1, 0.35)
        sun = np.exp(-(((x - cx) ** 2 + (y - cy) ** 2) / 0.006))[..., None]
        picture = sky + sun * rng.uniform(0.3, 0.8)
        for layer in range(3):
            waves = sum(
                rng.uniform(0.02, 0.07) * np.sin(2 * np.pi * (f * x + rng.random()))
                for f in (1, 2, 3, 7)
            )
            ground = rng.uniform([0.08, 0.2, 0.1], [0.35, 0.5, 0.35]) * (1.3 - 0.3 * layer)
            shade = 1 + 0.25 * np.sin(40 * x + 60 * y * y)[..., None] * 0.4
            picture = np.where(
                (y > 0.45 + 0.17 * layer + waves)[..., None], ground * shade, picture
            )
        pictures.append(picture)
    return (np.clip(np.array(pictures), 0, 1) * 255).astype(np.uint8)


def painted(pictures: np.ndarray, strength: float = 1.0, seed: int = 0) -> np.ndarray:
    """The same pictures in broken strokes of a warmer palette."""
    rng = np.random.default_rng(seed)
    size = pictures.shape[1]
    result = pictures.astype(float)
    shift = rng.normal(0, 26 * strength, (pictures.shape[0], size // 4 + 1, size // 2 + 1, 3))
    strokes = shift.repeat(4, 1).repeat(2, 2)[:, :size, :size]
    wave = (np.arange(size)[:, None] // 3 + np.arange(size)[None] // 5) % 2 * 14 * strength
    warm = np.array([1.06, 1.0, 0.86]) ** strength
    mixed = np.round((result * warm + strokes + wave[None, ..., None]) / 24) * 24
    return np.clip(result * (1 - strength) + mixed * strength, 0, 255).astype(np.uint8)


def noisy(pictures: np.ndarray, amount: float, seed: int) -> np.ndarray:
    """Pictures on the way from grey noise to themselves."""
    grey = grey_noise(pictures.shape, seed)
    return np.clip(pictures * (1 - amount) + grey * amount, 0, 255).astype(np.uint8)


@lru_cache(maxsize=2)
def grey_noise(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Made once for all frames of a film, where it took most of the time."""
    return np.random.default_rng(seed).normal(120, 30, shape)


def score(value: float | None, count: int = 300, **changes: Any) -> Score:
    """A random-Inception score."""
    protocol = {"extractor": "Inception 2015-12-05, random weights", "resize": "TF1"}
    plain = Score(
        "random_inception_fd", "random-Inception FD", value, count, 300, "lower", "", protocol, 1
    )
    return replace(plain, **changes)


def scores(value: float, count: int = 300, source: str = "pictures") -> dict[str, Score]:
    """All metrics of a run whose Fréchet distance is `value`, the rest in closed form from it."""
    made = [score(value, count, error=1.5, about="How far the crowd of pictures is from real ones")]
    kernel = made[0].protocol | {"kernel": "(x.y / F + 1)^3"}
    inside = max(0.0, 1 - value / 400)
    for key, name, number, better, kind, error in (
        ("random_inception_kd", "random-Inception KD", value / 500 - 0.122, "lower", "distance",
         0.002),
        ("fwd", "FWD", value / 10, "lower", "distance", 0.4),
        ("random_inception_precision", "random-Inception precision", inside, "higher", "quality",
         0.02),
        ("random_inception_recall", "random-Inception recall", inside**2, "higher", "variety",
         0.03),
        ("random_inception_coverage", "random-Inception coverage", inside**1.5, "higher",
         "variety", None),
        ("random_inception_nearest", "random-Inception nearest distance", value / 20, "higher",
         "copying", None),
    ):  # fmt: skip
        about = f"What {name} says in a line"
        protocol = kernel if key.endswith("_kd") else made[0].protocol
        made.append(score(number, count, metric=key, name=name, better=better, kind=kind,
                          error=error, about=about, protocol=protocol))  # fmt: skip
    translator = source == "pictures"
    made.append(score(
        value / 3 if translator else None, count, metric="input_change", name="change of the input",
        better="higher", kind="translation", unit="grey levels",
        note="" if translator else "these pictures were not made from others",
    ))  # fmt: skip
    made.append(score(None, count, metric="mifid", name="MiFID",
                      note="MiFID is defined on the official Inception features only"))  # fmt: skip
    return {found.metric: found for found in made}


class Fake:
    """Writes a suite; every part can be changed or left out."""

    def __init__(self, folder: Path, size: int = 32, moments: int = 12):
        self.results, self.size, self.moments = folder, size, moments
        self.suite = folder / "quick"
        self.runs: list[str] = []
        self.photographs = scenes(16, size, 1)
        self.paintings = painted(scenes(16, size, 2), 1.0, 2)

    def run(self, label: str, seed: int, level: float, status: Status | None = None,
            pictures: bool = True, **changes: Any) -> Record:  # fmt: skip
        """Write one run whose score is `level`, and return its record."""
        kind = next((name for name in MODELS if label.startswith(name)), "cyclegan-unet")
        source, _, speed, parameters, flop = MODELS[kind]
        status = status or Status("done", round(speed * 60), 1.0)
        framework = changes.get("framework", "pytorch")
        name = f"run{len(self.runs):02d}.{framework}-seed{seed}-abc"
        run = Record(
            key=f"{len(self.runs):08x}", model=kind, label=label, framework="pytorch",
            source=source, seed=seed, suite="quick", size=self.size,
            budget="60s", settings={"learning_rate": 2e-4},
            data={}, environment={"hostname": "secret-host"}, status=status,
            used=Used(round(speed * 60 * status.progress), 60 * status.progress,
                      round(speed * 60 * status.progress), round(speed * 60), 300, 240),
            cost=Cost(speed + seed / 10, 900 * 2**20, "process", parameters, round(flop), 6.1, 0.4),
            scores=scores(level, source=source) if status.name in ("done", "collapsed") else {},
            curve=self._curve(level, speed, status),
        )  # fmt: skip
        run = replace(run, **changes)
        folder = self.suite / name
        if pictures:
            run = replace(run, views=self._views(folder, run), snapshots=self._samples(folder),
                          film=self._film(folder, run, speed),
                          evidence=self._nearest(folder, run))  # fmt: skip
        record.write(folder, run)
        self._history(folder, run)
        self.runs.append(name)
        return run

    def _curve(self, level: float, speed: float, status: Status) -> tuple[CurvePoint, ...]:
        points = []
        for k in range(1, 7):
            progress = k / 6
            if progress > status.progress + 1e-9:
                break
            value = level + 14 + 260 * np.exp(-4.5 * progress) / (1 + speed / 300)
            pictures = round(speed * 60 * progress)
            points.append(CurvePoint(pictures, 60 * progress, pictures, scores(float(value), 100)))
        return tuple(points)

    def _views(self, folder: Path, run: Record) -> dict[str, str]:
        strength = 0.9 if "resnet" in run.label else 0.5
        made = {
            "input": self.photographs,
            "output": painted(self.photographs, strength, run.seed),
            "back": noisy(self.photographs, 0.12, run.seed),
            "identity": painted(self.paintings, 0.2, run.seed),
            "target": self.paintings,
            "reverse": noisy(self.paintings, 0.2, run.seed),
            "reverse_back": painted(self.paintings, 0.3, run.seed),
        }
        if run.source == "noise":
            walk = np.linspace(0, 1, 8)[:, None, None, None]
            made = {
                "output": self._end(run, noisy(self.paintings, 0.35, run.seed)),
                "walk": (self.paintings[:1] * (1 - walk) + self.paintings[3:4] * walk).astype("u1"),
            }
        for name, array in made.items():
            files.write_array(folder / "views" / f"{name}.npy", array)
        return {name: f"views/{name}.npy" for name in made}

    def _samples(self, folder: Path) -> tuple[Moment, ...]:
        """What the run is scored by: here no more pictures than those of its probe."""
        (folder / "samples").mkdir(exist_ok=True)
        shutil.copy(folder / "views/output.npy", folder / "samples/output.npy")
        return (Moment(60, 1.0, 60.0, 60, "samples/output.npy"),)

    def _end(self, run: Record, pictures: np.ndarray) -> np.ndarray:
        collapsed = run.status.name == "collapsed"
        return np.repeat(pictures[:1], 16, 0) if collapsed else pictures

    def _nearest(self, folder: Path, run: Record) -> dict[str, str]:
        """What a judge stores of the pictures nearest to real ones; a DCGAN copies a few."""
        rng = np.random.default_rng(run.seed)
        stack = np.concatenate([
            np.concatenate([noisy(self.paintings[k : k + 1], 0.15, k), self.paintings[k : k + 3]])
            for k in range(8)
        ])  # fmt: skip
        files.write_array(folder / "nearest/pictures.npy", stack)
        generated = rng.normal(14, 2, 120).clip(8)
        if run.source == "noise":
            generated[:12] = rng.uniform(1, 3, 12)
        rows = [
            {"sample": 11 * k, "real": [{"name": f"painting {k + j}.jpg", "distance": 1.25 + k + j}
                                        for j in range(3)]}
            for k in range(8)
        ]  # fmt: skip
        found = {"pictures": "nearest/pictures.npy", "neighbours": 3, "rows": rows,
                 "generated": generated.tolist(),
                 "real": rng.normal(12, 2, 300).clip(6).tolist()}  # fmt: skip
        files.write_json(folder / "nearest/nearest.json", found)
        return {"nearest": "nearest/nearest.json"}

    def _film(self, folder: Path, run: Record, speed: float) -> tuple[Moment, ...]:
        end = painted(self.photographs if run.source == "pictures" else self.paintings, 0.8)
        moments = []
        for k in range(self.moments):
            progress = (k + 1) / self.moments
            if progress > run.status.progress + 0.5 / self.moments:
                break
            frame = noisy(end, 0.92 * (1 - progress) ** 1.5, run.seed)
            step = round(speed * 60 * progress)
            if step >= run.status.step:
                frame = self._end(run, frame)
            moments.append(Moment(step, progress, 60 * progress, step, f"film/{k:02d}.npy"))
            files.write_array(folder / moments[-1].file, frame)
        return tuple(moments)

    def _history(self, folder: Path, run: Record) -> None:
        rng = np.random.default_rng(run.seed)
        names = ["D", "G"] if run.source == "noise" else ["G", "F", "D_X", "D_Y", "cycle"]
        lines = ["step,seconds,pictures,pictures_per_second,memory_bytes," + ",".join(names)]
        last = max(2, round(120 * run.status.progress))
        for k in range(last):
            fall = [1.2 * (i + 1) * np.exp(-k / 45) + 0.3 + rng.normal(0, 0.06)
                    for i in range(len(names))]  # fmt: skip
            if run.status.name == "diverged" and k > 0.8 * last:
                fall = [float("nan")] * len(names)
            row = [k * 10, k / 2, k * 10, 20.0, 900e6, *fall]
            lines.append(",".join(f"{value:.5g}" for value in row))
        files.write_text(folder / "history.csv", "\n".join(lines) + "\n")

    def finish(self, models: list[str], identity: float | None = 163.0, floor: float = 61.0,
               **changes: Any) -> Path:  # fmt: skip
        """Write suite.json, baselines and gallery; returns the results folder."""
        files.write_array(self.suite / "gallery/source.npy", scenes(12, self.size, 5))
        files.write_array(self.suite / "gallery/target.npy", painted(scenes(12, self.size, 6)))
        domain = {"title": "procedural photographs", "count": 600, "fingerprint": "9c1e4fa27b33",
                  "skipped": [{"name": "img/broken.jpg", "reason": "not a picture"}],
                  "duplicates": [["a.png", "b.png"]],
                  "original_sizes": {"256x256": 600}}  # fmt: skip
        suite = {
            "name": "quick", "command": "ganbench run --models dcgan,cyclegan --budget 60s",
            "budget": "60s", "size": self.size, "seeds": [0, 1, 2], "models": models,
            "frameworks": ["pytorch"], "runs": self.runs,
            "toml": 'models = ["dcgan", "cyclegan"]\nbudget = "60s"\nseeds = [0, 1, 2]\n',
            "data": {"source": domain, "target": domain | {"title": "procedural paintings",
                     "count": 300, "skipped": [], "duplicates": []}, "flip": True, "jitter": 0.0,
                     "gallery": {"source": "gallery/source.npy", "target": "gallery/target.npy"}},
            "environment": {"python": "3.11.9", "torch": "2.15.0", "platform": "Linux x86_64",
                            "cpu": "AMD EPYC, 2 cores", "device": "cpu", "threads": 2,
                            "commit": "4f0c2d1", "hostname": "secret-host"},
            "warnings": [], "primary": "random_inception_fd", "samples": 300, "curve_samples": 100,
        }  # fmt: skip
        files.write_json(self.suite / "suite.json", suite | changes)
        rows = [
            Baseline("floor", "one half of the real paintings against the other", scores(floor))
        ]
        if identity is not None:
            rows.append(Baseline("identity", "untouched photographs", scores(identity)))
        files.write_json(self.suite / "baselines.json", [asdict(row) for row in rows])
        return self.results


def three_models(folder: Path, size: int = 32, moments: int = 12, labels: Any = None,
                 seeds: int = 3) -> Path:  # fmt: skip
    """3 models x 3 seeds; the DCGAN collapsed, diverged and failed for memory in one seed each."""
    fake = Fake(folder, size, moments)
    labels = labels or list(MODELS)
    endings = [
        None,
        Status(
            "collapsed",
            12300,
            1.0,
            "it draws nearly one picture for every input since step 12,300",
        ),
        Status("diverged", 18450, 0.75, "loss D is not a number"),
    ]
    wobble = [0.0, 3.1, -2.4]
    for label in labels:
        level = next((MODELS[k][1] for k in MODELS if label.startswith(k)), 140.0)
        for seed in range(seeds):
            ending = endings[seed] if label == labels[0] else None
            extra = -1.2 * seed if "resnet" in label else 0.8 * seed
            fake.run(label, seed, level + wobble[seed] + extra, ending)
    return fake.finish(list(labels))


def two_frameworks(folder: Path, size: int = 32, seeds: int = 3) -> Path:
    """3 models in 2 frameworks; TensorFlow's cyclegan-unet collapsed in its last seed."""
    fake = Fake(folder, size, 6)
    for label, (_, level, speed, parameters, flop) in MODELS.items():
        for seed in range(seeds):
            losses = {"D": 1.386 + seed / 10, "G": 0.812}
            fake.run(label, seed, level + seed, first_losses=losses, environment=machine("torch"))
            factor, kept = FACTORS[label] * (1 + seed / 50), None
            if label == "cyclegan-unet" and seed == seeds - 1:
                kept = Status("collapsed", round(speed * 40), 1.0, "one picture for every input")
            steps = round(speed * factor * 60)
            fake.run(
                label, seed, level + seed + (4 if label == "dcgan" else 0.3 * (-1) ** seed), kept,
                framework="tensorflow", environment=machine("tensorflow"),
                first_losses={"D": losses["D"] * (1 + 1e-7), "G": 0.812 * (1 - 3e-7)},
                used=Used(steps, 60, steps, steps, 300, 240),
                cost=Cost(speed * factor, 1500 * 2**20, "process", parameters, round(flop), 9.4,
                          11.0 + seed),
            )  # fmt: skip
    return fake.finish(list(MODELS), frameworks=["pytorch", "tensorflow"])


def wide(run: Record) -> dict[str, Score]:
    """The run as five networks would have judged it: twenty distances, forty other numbers."""
    more = {
        f"{key}_{k}": replace(score, metric=f"{key}_{k}", name=f"{score.name} by judge {k}")
        for key, score in run.scores.items()
        for k in range(4)
    }
    return run.scores | more


def of_one(fake: Fake) -> Path:
    run = fake.run("cyclegan-resnet", 0, 118.0)
    fake.runs.clear()
    fake.run("cyclegan-resnet", 0, 118.0, scores=wide(run))
    return fake.finish(["cyclegan-resnet"], seeds=[0])


def of_twelve(fake: Fake) -> Path:
    labels = ["dcgan", "cyclegan-unet", "cyclegan-resnet"]
    labels += [f"cyclegan-resnet:blocks={n},width={16 * n}" for n in range(1, 10)]
    for place, label in enumerate(labels):
        for seed in range(5):
            level = 118 + 3 * place + 7 * seed % 5 * 0.6
            fake.run(label, seed, level, pictures=place < 3 and seed == 0)
    return fake.finish(labels, seeds=list(range(5)))


def of_failed(fake: Fake) -> Path:
    endings = [
        Status("collapsed", 12300, 1.0, "it draws nearly one picture for every input since step 1"),
        Status("diverged", 18450, 0.75, "loss D is not a number"),
        Status("failed", 0, 0.0, "CUDA error: an illegal memory access was encountered"),
    ]
    for place, label in enumerate(("dcgan", "cyclegan-unet", "cyclegan-resnet")):
        for seed in range(3):
            fake.run(label, seed, 150.0, endings[(place + seed) % 3])
    return fake.finish(["dcgan", "cyclegan-unet", "cyclegan-resnet"])


FACTORS = {"dcgan": 1.3, "cyclegan-unet": 0.77, "cyclegan-resnet": 0.99}


def machine(package: str) -> dict[str, Any]:
    """The environment of a run as a worker records it."""
    versions = {"torch": "2.15.0", "tensorflow": "2.21.0"}
    return {"cpu": "AMD EPYC, 2 cores", "device": "cpu", "threads": 2, "precision": "fp32",
            "hostname": "secret-host", "packages": {package: versions[package]}}  # fmt: skip


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    return Fake(tmp_path / "results")


@pytest.fixture
def fake_of(tmp_path: Path) -> Callable[[str], Fake]:
    """Several results folders in one test, by name."""
    return lambda name: Fake(tmp_path / name)


@pytest.fixture(scope="session")
def fake_at() -> type[Fake]:
    return Fake


@pytest.fixture(scope="session")
def poison() -> ModuleType:
    """The module beside this one that makes results hostile."""
    spec = importlib.util.spec_from_file_location("poison", Path(__file__).parent / "poison.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def poisoned(poison: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results whose every text is a payload, with their report; read it, do not change it."""
    from ganbench.report import build

    results = poison.poisoned(Fake(tmp_path_factory.mktemp("poisoned") / "r"))
    build(results)
    return results


@pytest.fixture
def make_three() -> Callable[..., Path]:
    return three_models


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The usual suite, made once; read it, do not change it."""
    return three_models(tmp_path_factory.mktemp("usual") / "results")


@pytest.fixture(scope="session")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The usual models in two frameworks, made once; read it, do not change it."""
    return two_frameworks(tmp_path_factory.mktemp("twins") / "results")


@pytest.fixture(scope="session")
def built(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The usual suite with its report; read it, do not change it."""
    from ganbench.report import build

    folder = shutil.copytree(results, tmp_path_factory.mktemp("built") / "results")
    build(folder)
    return folder


@pytest.fixture(scope="session")
def score_of() -> Callable[..., Score]:
    return score


@pytest.fixture(scope="session")
def suites(results: Path, twins: Path, poisoned: Path,
           tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:  # fmt: skip
    """Reports by name, each made when it is first asked for; read them, do not change them."""
    from ganbench.report import build

    folder = tmp_path_factory.mktemp("suites")
    made = {"poisoned": poisoned / "report.html"}
    makers = {"one": of_one, "twelve": of_twelve, "failed": of_failed}

    def of(name: str) -> Path:
        if name not in made:
            if name in makers:
                found = makers[name](Fake(folder / name, moments=4))
            else:
                origin = twins if name == "twins" else results
                found = shutil.copytree(origin, folder / name)
            made[name] = build(found, no_pictures=name == "bare")
        return made[name]

    return of


@pytest.fixture(scope="session")
def script_name() -> str:
    return SCRIPT
