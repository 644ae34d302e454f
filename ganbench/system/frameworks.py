"""The frameworks of a process: whether they are there, how they are set up, what they run on."""

import functools
import importlib.util
import os
import subprocess
import sys
import warnings
from typing import Any

from ganbench.errors import InputError
from ganbench.system import allocator
from ganbench.system.text import shown

INSTALL = {"pytorch": "pip install ganbench", "tensorflow": 'pip install "ganbench[tensorflow]"'}
NEWEST_PYTHON = {"tensorflow": (3, 13)}  # that a framework is released for
_MODULES = {"pytorch": "torch", "tensorflow": "tensorflow"}
# Variables with whose bad values a framework ends its process, by an exception or a signal.
_FATAL = {
    "pytorch": (
        "TORCH_LOGS", "PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_HIP_ALLOC_CONF",
    ),
    "tensorflow": ("TF_XLA_FLAGS",),
}  # fmt: skip
_IRREPRODUCIBLE: set[str] = set()  # kernels that this process has met, of those that torch names
_FIRST_USE = {"pytorch": "import torch", "tensorflow": "import tensorflow as tf; tf.zeros(1) + 1"}


def require(framework: str, sentence: str = "") -> None:
    """InputError when a framework is not installed or does not start, with what to type.

    `sentence`: what it is needed for, if not for a model.
    """
    if importlib.util.find_spec(_MODULES[framework]) is None:
        raise InputError(sentence or f"{framework} is not installed", install(framework))
    told = tuple((name, os.environ[name]) for name in _FATAL[framework] if os.environ.get(name))
    if told and not _starts(framework, told):
        values = " and ".join(f"{name}={shown(value)}" for name, value in told)
        names = " ".join(name for name, _ in told)
        raise InputError(f"{framework} does not start with {values}", f"unset {names}")


def install(framework: str) -> str:
    """What to type to have a framework."""
    here, newest = sys.version_info[:2], NEWEST_PYTHON.get(framework, (3, 99))
    if here > newest:
        has, wants = (".".join(map(str, version)) for version in (here, newest))
        return f"{framework} has no release for Python {has}: make an environment of Python {wants}"
    return INSTALL[framework]


@functools.cache
def _starts(framework: str, told: tuple[tuple[str, str], ...]) -> bool:
    """Tried in a process of its own, without a GPU, because it takes seconds and may end it."""
    command = [sys.executable, "-P", "-c", _FIRST_USE[framework]]
    environment = {**os.environ, **dict(told), "CUDA_VISIBLE_DEVICES": "-1"}
    return subprocess.run(command, env=environment, capture_output=True).returncode == 0


def prepare(
    framework: str,
    threads: int | None = None,
    device: str = "cpu",
    precision: str | None = None,
    deterministic: bool = False,
    narrow: bool = False,
) -> None:
    """Set a fresh process up for `framework` on `device`.

    `precision`: what a model's settings say; None: whatever the framework has. `deterministic`:
    reproducible kernels on a GPU, as far as there are any; TensorFlow always has them. `narrow`:
    the model has few filters, and its operations little for several threads to share.
    """
    allocator.keep_freed_memory()
    if framework == "tensorflow":
        _prepare_tensorflow(device, precision)
        _share_threads(threads, narrow and device == "cpu")
        return
    if threads:
        set_torch_threads(threads)
    if device.startswith("cuda"):
        _prepare_gpu(device, precision, deterministic)


def _prepare_gpu(device: str, precision: str | None, deterministic: bool) -> None:
    """What PyTorch is told of a GPU before it meets it."""
    import torch

    torch.cuda.set_device(_number(device))
    if precision:
        tf32 = precision == "tf32"
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = tf32
    if deterministic:
        os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"
        torch.use_deterministic_algorithms(True, warn_only=True)
        _listen_for_kernels()


def _listen_for_kernels() -> None:
    """Note which kernels torch warns of: they give another result each time."""
    show = warnings.showwarning

    def note(message: Any, *more: Any, **named: Any) -> None:
        name, found, _ = str(message).partition(" does not have a deterministic implementation")
        if found:
            _IRREPRODUCIBLE.add(name)
        else:
            show(message, *more, **named)

    warnings.showwarning = note


def set_torch_threads(count: int) -> None:
    """Let the CPU work with so many threads from now on; TensorFlow's are fixed from its start."""
    import torch

    torch.set_num_threads(count)


def torch_threads() -> int:
    """With how many threads the CPU works."""
    import torch

    return int(torch.get_num_threads())


def _share_threads(threads: int | None, narrow: bool) -> None:
    """Let TensorFlow work with so many threads, all of them on one operation after the other.

    Narrow models have two operations at a time, each on half of the threads: their many small ones
    spend more time in waiting for a second thread than they save by it.
    """
    import tensorflow as tf

    count = threads or usable_cores()
    at_once = 2 if narrow and count > 1 else 1
    if threads or at_once > 1:
        tf.config.threading.set_intra_op_parallelism_threads(count // at_once)
        tf.config.threading.set_inter_op_parallelism_threads(at_once)  # or branches would take more


def _prepare_tensorflow(device: str, precision: str | None) -> None:
    """Silence, reproducible kernels, and one GPU at most, whose memory is taken when needed."""
    tf = _quiet_tensorflow()
    # Whatever ~/.keras/keras.json says.
    tf.keras.backend.set_image_data_format("channels_last")
    tf.keras.backend.set_floatx("float32")
    tf.config.experimental.enable_op_determinism()
    if precision:
        tf.config.experimental.enable_tensor_float_32_execution(precision == "tf32")
    gpus = tf.config.list_physical_devices("GPU")
    used = [] if device == "cpu" else [gpus[_number(device)]]
    tf.config.set_visible_devices(used, "GPU")
    for gpu in used:
        tf.config.experimental.set_memory_growth(gpu, True)


def _quiet_tensorflow() -> Any:
    """TensorFlow, without the lines that its C++ side writes to the screen while it is imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # torch in this process would end it, and the old Keras is another library
    os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_USE_LEGACY_KERAS": "0"}
    screen = os.dup(2)
    with open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), 2)
        try:
            import tensorflow as tf
        finally:
            os.dup2(screen, 2)
            os.close(screen)
    tf.get_logger().setLevel("ERROR")
    return tf


def torch_knows_bf16() -> bool:
    """May bfloat16 be worth a try on this processor?"""
    import torch

    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def usable_cores() -> int:
    """Logical cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _number(device: str) -> int:
    """cuda:1 -> 1; cuda -> 0."""
    return int(device.partition(":")[2] or 0)


def choose_device(framework: str, wanted: str | None) -> str:
    """Name the device to train on; InputError when the wanted one is not there."""
    require(framework)
    there = _torch_devices() if framework == "pytorch" else _tensorflow_devices()
    if wanted is not None and wanted not in there:
        raise InputError(
            f'there is no device "{wanted}" here for {framework}', f"--device {' or '.join(there)}"
        )
    return wanted or there[0]


def _torch_devices() -> list[str]:
    import torch

    there = ["cpu"]
    if torch.cuda.is_available():
        there = ["cuda", *(f"cuda:{i}" for i in range(torch.cuda.device_count())), *there]
    if torch.backends.mps.is_available():
        there.append("mps")
    return there


def _tensorflow_devices() -> list[str]:
    """GPUs under PyTorch's names, so that one --device serves both frameworks."""
    gpus = _quiet_tensorflow().config.list_physical_devices("GPU")
    return ["cuda", *(f"cuda:{i}" for i in range(len(gpus))), "cpu"] if gpus else ["cpu"]


def check_ranks(device: str, ranks: int) -> None:
    """InputError where so many processes have no place on PyTorch's `device`."""
    if ranks == 1 or device == "cpu":
        return
    if device != "cuda":
        raise InputError(
            f"{ranks} ranks train on the first {ranks} GPUs or on the CPU, not on {device}",
            "--device cuda, or --device cpu; CUDA_VISIBLE_DEVICES says which GPUs there are",
        )
    there = sum(name.startswith("cuda:") for name in _torch_devices())
    if ranks > there:
        are = "is 1 GPU" if there == 1 else f"are {there} GPUs"
        raise InputError(
            f"{ranks} ranks need a GPU each, and there {are}", f"--ranks {there}, or --device cpu"
        )


def gpu_peak_bytes(framework: str, device: str) -> int:
    """Most bytes of GPU memory that this process has held so far."""
    if framework == "pytorch":
        import torch

        return torch.cuda.max_memory_allocated(device)
    import tensorflow as tf

    return int(tf.config.experimental.get_memory_info("GPU:0")["peak"])


def gpu_uuid(framework: str, device: str) -> str | None:
    """By which the driver knows a GPU too; TensorFlow does not tell."""
    if framework != "pytorch":
        return None
    import torch

    return f"GPU-{torch.cuda.get_device_properties(device).uuid}"


def facts(framework: str, device: str, precision: str) -> dict[str, Any]:
    """Threads, precision and GPU, as a record tells them."""
    found = _torch_facts(device) if framework == "pytorch" else _tensorflow_facts(device)
    mixed = {"precision": "bf16, weights and losses in fp32"} if precision == "bf16" else {}
    return found | mixed


def _torch_facts(device: str) -> dict[str, Any]:
    import torch

    exact = device == "cpu" or (
        torch.are_deterministic_algorithms_enabled() and not _IRREPRODUCIBLE
    )
    facts = {"threads": torch_threads(), "precision": "fp32", "deterministic": exact}
    if device.startswith("cuda"):
        facts["gpu"] = torch.cuda.get_device_name(device)
        facts["cuda"] = torch.version.cuda
        if _IRREPRODUCIBLE:
            facts["irreproducible"] = sorted(_IRREPRODUCIBLE)
        if torch.backends.cudnn.allow_tf32:
            products = torch.backends.cuda.matmul.allow_tf32
            facts["precision"] = f"fp32, convolutions{' and products' * products} in TF32"
    return facts


def _tensorflow_facts(device: str) -> dict[str, Any]:
    import tensorflow as tf

    told = tf.config.threading
    each = told.get_intra_op_parallelism_threads()
    threads = each * told.get_inter_op_parallelism_threads() or usable_cores()
    facts = {"threads": threads, "precision": "fp32", "deterministic": True}
    if device.startswith("cuda"):
        gpu = tf.config.list_physical_devices("GPU")[_number(device)]
        facts["gpu"] = tf.config.experimental.get_device_details(gpu).get("device_name", "GPU")
        facts["cuda"] = tf.sysconfig.get_build_info().get("cuda_version", "")
        if tf.config.experimental.tensor_float_32_execution_enabled():
            facts["precision"] = "fp32, convolutions and products in TF32"
    return facts
