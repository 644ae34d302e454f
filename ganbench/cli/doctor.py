"""What is installed, what will be used, what is missing and what to type."""

import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator

from ganbench.errors import InputError
from ganbench.scoring import find_weights
from ganbench.system import cache, environment, frameworks
from ganbench.system.files import check_writable, existing_parent
from ganbench.system.text import size_words
from metrics.extractors.release import LITE0

Line = tuple[str, str]  # "ok", "note" or "FAIL", and the words


def examine() -> Iterator[Line]:
    """Look at everything a run depends on."""
    yield "ok", f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield from _frameworks()
    yield from _device()
    yield _memory()
    yield from _cache()
    yield _lite()
    yield _weights()


def _frameworks() -> Iterator[Line]:
    torch, vision = environment.installed("torch"), environment.installed("torchvision")
    fit = "install both together: uv pip install --reinstall torch torchvision"
    if not torch or not vision:
        missing = "torch" if not torch else "torchvision"
        yield "FAIL", f"{missing} is not installed; {fit}"
    elif refused := _refused("pytorch"):
        yield "FAIL", refused
    else:
        problem = _try("import torch, torchvision.ops; torchvision.ops.nms")
        words = f"torch {torch} and torchvision {vision}"
        if problem:
            yield "FAIL", f"{words} do not fit each other ({problem}); {fit}"
        else:
            yield "ok", f"{words} fit each other"
    tensorflow = environment.installed("tensorflow")
    if tensorflow:
        refused = _refused("tensorflow")
        yield ("FAIL", refused) if refused else ("ok", f"tensorflow {tensorflow}")
    else:
        need = "TFRecords and the models in TensorFlow need it"
        yield "note", f"tensorflow is not installed; {need}: {frameworks.install('tensorflow')}"


def _refused(framework: str) -> str:
    """Why a framework that is installed does not start; "" when it does."""
    try:
        frameworks.require(framework)
    except InputError as error:
        return f"{error}; {error.hint}"
    return ""


def _try(code: str) -> str:
    """Run Python code in a process of its own; its last words when it fails."""
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True)
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["no reason"])[-1]


def _device() -> Iterator[Line]:
    code = (
        "import torch; c = torch.cuda.is_available();"
        "free = torch.cuda.mem_get_info()[0] / 2**30 if c else 0;"
        "print(f'{torch.cuda.get_device_name()}, {free:.1f} GiB free'"
        " if c else f'CPU, {torch.get_num_threads()} threads')"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True)
    if done.returncode == 0:
        cpu = done.stdout.startswith("CPU")
        what = f"{environment.cpu_name()}: " if cpu else ""
        yield "ok", f"runs use {what}{done.stdout.strip()}"


def _memory() -> Line:
    import psutil

    memory = psutil.virtual_memory()
    kind = "ok" if memory.available > 2 * 2**30 else "note"
    return kind, f"memory: {size_words(memory.available)} free of {size_words(memory.total)}"


def _cache() -> Iterator[Line]:
    folder = cache.folder("data")
    try:
        check_writable(folder, "GANBENCH_CACHE=FOLDER")
    except InputError as error:
        yield "FAIL", f"{error}; {error.hint}"
        return
    free = shutil.disk_usage(existing_parent(folder.parent)).free
    kind = "ok" if free > 2 * 2**30 else "note"
    yield kind, f"cache {folder.parent}: {size_words(free)} free"
    sets = [path for path in folder.glob("*") if path.is_dir()] if folder.is_dir() else []
    size = sum(f.stat().st_size for path in sets for f in path.rglob("*") if f.is_file())
    yield "ok", f"{len(sets)} prepared picture sets in the cache, {size_words(size)}"


def _lite() -> Line:
    found = find_weights.find(release=LITE0)
    if found.path:
        return "ok", f"{LITE0.what} weights: {found.path}"
    return "FAIL", found.problem


def _weights() -> Line:
    try:
        found = find_weights.find(None, offline=True)
    except InputError as error:
        return "FAIL", f"{error}; {error.hint}".rstrip("; ")
    if found.path:
        return "ok", f"Inception weights: {found.path}"
    return "note", (
        "no Inception weights yet: `ganbench prepare` fetches them (91 MiB, once), or give"
        " --inception-weights FILE; without them Lite0 leads, and no number is a FID"
    )
