"""What can be set on each model, in both frameworks. Defaults are the papers' and their codes'."""

import difflib
import math
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

from ganzoo.errors import InputError, shown

MOST_FILTERS = 65_536  # of one layer
R1_EVERY = 16  # steps between two R1 lessons, each as many times heavier (Karras et al. 2020)

Augmentation = Literal["color", "translation", "cutout"]
Enlargement = Literal["flip", "mirror", "crop", "noise"]
Precision = Literal["fp32", "tf32", "bf16", "auto"]
# Least squares (Mao et al. 2017), cross-entropy (Goodfellow et al. 2014), hinge (Lim and Ye 2017),
# or a discriminator of two heads, one taught by cross-entropy and one by hinge.
Loss = Literal["lsgan", "bce", "hinge", "two-objective"]
# How generators double the size: a transposed convolution leaves a mesh, a resize before a plain
# 3x3 convolution none (Odena et al. 2016, "Deconvolution and Checkerboard Artifacts").
Upsample = Literal["transposed", "nearest", "bilinear"]


@dataclass(frozen=True)
class Adversaries:
    """What every GAN's training can be helped with; all of it is off by default."""

    # Generators draw with the moving average of their weights (Karras et al. 2018); 0.999: of about
    # the last 1,000 steps, of fewer at the start.
    ema: float = 0.0
    spectral_norm: bool = False  # of D's convolutions (Miyato et al. 2018)
    r1_gamma: float = 0.0  # weight of R1 (Mescheder et al. 2018), met every 16th step
    lecam: float = 0.0  # weight of LeCam's pull on D (Tseng et al. 2021)
    augment: tuple[Augmentation, ...] = ()  # of all that D sees (DiffAugment, Zhao et al. 2020)
    d_steps: int = 1  # updates of D a step, on the same pictures
    decay: Literal["linear", "cosine"] = "linear"  # how the rates fall to 0
    decay_from: float = 1.0  # fraction of the budget after which they fall; 1: never

    def rate(self, progress: float) -> float:
        """What the learning rates are multiplied by at a used fraction of the budget."""
        if progress <= self.decay_from or self.decay_from == 1:
            return 1.0
        left = (1 - progress) / (1 - self.decay_from)
        return left if self.decay == "linear" else 0.5 - 0.5 * math.cos(math.pi * left)


@dataclass(frozen=True)
class DCGAN(Adversaries):
    """Radford et al. 2016, with the widths and rates of the PyTorch example."""

    latent: int = 100  # numbers in one latent vector
    width: int = 64  # filters of the layer nearest the picture; doubled inwards, 8 times at most
    upsample: Upsample = "transposed"
    dense_start: bool = False  # a dense layer, normalised number by number, before the first map
    minibatch_std: bool = False  # D sees how much a batch varies (Karras et al. 2018)
    loss: Loss = "bce"
    batch: int = 64  # pictures a step
    learning_rate_g: float = 2e-4
    learning_rate_d: float = 2e-4
    beta1: float = 0.5  # Adam
    beta2: float = 0.999
    adam_epsilon: float = 1e-8
    slope: float = 0.2  # of the leaky ReLU in D
    norm_epsilon: float = 1e-5
    norm_momentum: float = 0.1  # share of the new batch in the running statistics
    init_std: float = 0.02
    real_label: float = 1.0  # below 1: one-sided label smoothing (Salimans et al. 2016)
    dropout: float = 0.0  # in D, after each activation
    # Real pictures shown to D as they are, flipped, mirrored, cropped or noisy, each as often: a
    # larger set, as people make it. G learns the noise and the upside-down too.
    enlarge: tuple[Enlargement, ...] = ()
    # tf32: a GPU's products and convolutions read 10 bits of each number, which is the default on
    # GPUs; bf16: mixed, weights and losses stay in fp32; auto: tf32, on a CPU bf16 if it is faster
    precision: Precision = "fp32"
    xla: bool = False  # compile the step with XLA; TensorFlow only

    def check(self, size: int) -> None:
        """InputError for a picture size that the layers cannot reach, and numbers out of range."""
        require_power_of_two("dcgan", size, 32, 512)
        require_usable(self)
        require_fraction(self, "real_label", "dropout", "norm_momentum")
        for name in ("dense_start", "minibatch_std"):
            if getattr(self, name) and self.batch < 2:
                raise InputError(f"{name}=true needs batch=2 or more: it compares pictures")
        if self.latent < 2:
            raise InputError(f"setting latent={self.latent} must be at least 2")


@dataclass(frozen=True)
class CycleGAN(Adversaries):
    """Zhu et al. 2017: what both generators' CycleGANs share."""

    width: int = 64  # filters of the generators' outermost layer
    upsample: Upsample = "transposed"
    # The generators add to their input and start with adding nothing: what they need not learn is
    # the photograph (He et al. 2016's shortcut, around the whole network).
    residual: bool = False
    # Channels of fixed noise, and two 3x3 layers at full size that see them beside the features and
    # the photograph: what strokes begin from where a sky is smooth. 0: the papers' last layer.
    canvas: int = 0
    d_width: int = 64  # filters of the discriminators' first layer
    d_layers: int = 3  # stride-2 layers of the discriminators; 3 is the 70x70 PatchGAN
    # none: no norm in the discriminators, whose weights then begin as He et al. 2015 let them. Per
    # picture, a norm levels out how strong a texture is: just what tells strokes from none.
    d_norm: Literal["same", "none"] = "same"
    batch: int = 1  # pictures of each domain a step
    loss: Loss = "lsgan"
    lambda_cycle: float = 10.0
    lambda_identity: float = 5.0  # the paper's 0.5 times lambda_cycle
    cycle_decay: float = 1.0  # fraction of lambda_cycle to which it falls until the end, evenly
    identity_decay: float = 1.0  # the same of lambda_identity
    history: int = 50  # remembered fakes for the discriminators (Shrivastava et al. 2017); 0: none
    # together: one tape, as in the Keras tutorials; the same numbers, as D sees fakes drawn before
    update: Literal["generators-first", "together"] = "generators-first"
    learning_rate_g: float = 2e-4
    learning_rate_d: float = 2e-4
    beta1: float = 0.5  # Adam
    beta2: float = 0.999
    adam_epsilon: float = 1e-8
    decay_from: float = 0.5  # fraction of the budget after which the rates fall
    slope: float = 0.2  # of the leaky ReLUs
    norm_epsilon: float = 1e-5
    groups: int = 32  # of group norm; fewer where a layer has fewer channels
    init_std: float = 0.02
    # tf32: a GPU's products and convolutions read 10 bits of each number, which is the default on
    # GPUs; bf16: mixed, weights and losses stay in fp32; auto: tf32, on a CPU bf16 if it is faster
    precision: Precision = "fp32"
    xla: bool = False  # compile the step with XLA; TensorFlow only

    def lambdas(self, progress: float) -> tuple[float, float]:
        """Weights of the cycle and the identity loss at a used fraction of the budget."""
        return (
            self.lambda_cycle * (1 + (self.cycle_decay - 1) * progress),
            self.lambda_identity * (1 + (self.identity_decay - 1) * progress),
        )

    def check(self, size: int) -> None:
        """InputError for a size that the discriminators cannot judge, and numbers out of range."""
        require_usable(self)
        require_not_negative(
            self, "history", "canvas", "lambda_cycle", "lambda_identity", "cycle_decay",
            "identity_decay",
        )  # fmt: skip
        smallest = 2 ** (self.d_layers + 2)
        if size < smallest:
            raise InputError(
                f"d_layers={self.d_layers} needs at least {smallest} px, not {size}",
                f"set d_layers={max(1, size.bit_length() - 3)} or a larger --size",
            )


@dataclass(frozen=True)
class CycleGANUNet(CycleGAN):
    """CycleGAN with the U-Net generator of Isola et al. 2017."""

    norm: Literal["batch", "instance", "group"] = "batch"
    depth: int = 0  # halvings of the picture; 0: down to 1x1
    encoder: tuple[int, ...] = ()  # filters downwards; empty: width x 1, 2, 4, 8, 8 ... to depth
    decoder: tuple[int, ...] = ()  # filters upwards, one fewer; empty: the encoder's, turned round
    dropout: float = 0.0  # in the first `dropout_layers` decoder layers, while training
    dropout_layers: int = 3
    # The Keras tutorials' U-Net: the decoder is given the encoder's features as the leaky ReLU
    # leaves them, and the innermost layer is normalised too, at 1x1 to a constant.
    skips: Literal["relu", "leaky"] = "relu"
    bottleneck_norm: bool = False

    def check(self, size: int) -> None:
        """InputError for sizes that halving does not bring to 1x1 and filters that do not fit."""
        super().check(size)
        require_power_of_two("cyclegan-unet", size, 16, 1024)
        require_fraction(self, "dropout")
        deepest = size.bit_length() - 1
        if not 0 <= self.depth <= deepest:
            raise InputError(f"setting depth={self.depth} must lie between 0 and {deepest}")
        layers = len(self.filters(size)[0])
        if not 2 <= layers <= deepest:
            raise InputError(
                f"the encoder has {layers} layers; at {size} px it can have 2 to {deepest}",
                f"set depth={deepest} or fewer, or as many filters in encoder",
            )
        encoder, decoder = self.filters(size)
        if not 1 <= min(*encoder, *decoder) <= max(*encoder, *decoder) <= MOST_FILTERS:
            raise InputError(
                "every layer of encoder and decoder needs at least one filter, and at most"
                f" {MOST_FILTERS:,} filters"
            )
        if len(decoder) != layers - 1:
            raise InputError(
                f"the decoder has {len(self.decoder)} layers; it needs one fewer than the"
                f" encoder's {layers}"
            )

    def filters(self, size: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Filters of the encoder and of the decoder at `size` pixels."""
        depth = self.depth or size.bit_length() - 1
        encoder = self.encoder or tuple(self.width * min(2**i, 8) for i in range(depth))
        return encoder, self.decoder or encoder[-2::-1]


@dataclass(frozen=True)
class CycleGANResNet(CycleGAN):
    """CycleGAN with the residual generator of Johnson et al. 2016, the paper's own."""

    norm: Literal["instance", "group", "batch"] = "instance"
    blocks: int = 9  # residual blocks; the paper takes 6 at 128 px

    def check(self, size: int) -> None:
        """InputError for sizes that two halvings do not divide."""
        super().check(size)
        if size % 4 or size < 16:
            raise InputError(
                f"cyclegan-resnet needs a size divisible by 4, not {size}", "--size 64"
            )


# What measurement found for a CPU, in minutes: docs/recipes.md has the numbers of each line. The
# same networks, narrower and with larger steps; translators begin at the photograph.
_RATES = {"learning_rate_g": 1e-3, "learning_rate_d": 5e-4}
_JUDGES = {"d_width": 32, "d_layers": 2}
_FREE = {"residual": True, "upsample": "nearest", "lambda_cycle": 1.0, "lambda_identity": 0.0}
_STROKES = {"canvas": 2, "d_norm": "none"}
_DREAM = {  # from noise, of 300 paintings
    **{"upsample": "nearest", "loss": "hinge", "spectral_norm": True},
    **{"augment": ("translation",), "decay_from": 0.5},
}
_EMA = {"ema": 0.999}
_SMALL: dict[type, dict[str, Any]] = {
    DCGAN: {"width": 16, "batch": 16} | _RATES | _DREAM | _EMA,
    CycleGANUNet: {"width": 16, "depth": 4} | _JUDGES | _RATES | _FREE | _STROKES | _EMA,
    CycleGANResNet: {"width": 12, "blocks": 3} | _JUDGES | _RATES | _FREE | _STROKES | _EMA,
}
# The same findings in the papers' widths, for a GPU and 256 px, where nobody has tried them yet.
_BEST: dict[type, dict[str, Any]] = {
    DCGAN: _DREAM | _EMA,
    CycleGANUNet: _FREE | _STROKES | _EMA,
    CycleGANResNet: _FREE | _STROKES | _EMA,
}
# What each profile changes from the papers, by the kind of settings.
PROFILES: dict[str, dict[type, dict[str, Any]]] = {
    "official": {},
    "small": _SMALL,
    "best": _BEST,
}


LARGEST = 1e15  # no setting means anything above, and whole numbers stay exact as floats
MOST = {  # of what is built or held in memory; far above what anybody trained
    "width": 8192,
    "d_width": 8192,
    "d_layers": 8,
    "canvas": 8192,
    "blocks": 256,
    "groups": 8192,
    "batch": 65_536,
    "d_steps": 1000,
    "latent": 65_536,
    "history": 1_000_000,
}
BY_MODEL = {"dcgan": DCGAN, "cyclegan-unet": CycleGANUNet, "cyclegan-resnet": CycleGANResNet}
MAY_BE_0 = ("history", "canvas")
PLAIN = "settings are numbers, words, true or false, and tuples of them"


def resolve(kind: type, model: str, overrides: dict[str, Any], profile: str = "official") -> Any:
    """Make the frozen settings of `model`: a profile, and over it what the user set.

    InputError names the settings there are.
    """
    known = [field.name for field in fields(kind)]
    for name in overrides:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise InputError(
                f'{model} has no setting "{shown(name)}"',
                (f"nearest: {near[0]}; " if near else "") + f"there are: {', '.join(known)}",
            )
    reader = _reader(kind, model)
    given = {name: _read(kind, name, value) for name, value in overrides.items()}
    values = {**PROFILES[profile].get(kind, {}), **given}
    try:
        settings: Any = reader.validate_python(values)
    except ValidationError as error:
        detail = error.errors()[0]
        name = str((detail["loc"] or ("settings",))[0])
        raise InputError(
            f"{model}: {name}={_shown(overrides.get(name))} does not fit: {detail['msg']}",
            f"{name} is by default {getattr(kind, name, None)!r}",
        ) from None
    for name, value in vars(settings).items():
        for one in value if isinstance(value, tuple | list) else (value,):
            if not isinstance(one, int | float | str | None):
                raise InputError(
                    f"{model}: the setting {name} is of type {type(one).__name__}", PLAIN
                )
            if isinstance(one, int | float) and not abs(one) <= LARGEST:
                raise InputError(f"{model}: {name}={_shown(one)} is no number to train with")
    for name in ("batch", "latent"):
        if getattr(settings, name, 1) < 1:
            raise InputError(f"{model}: {name}={getattr(settings, name)} must be above 0")
    return settings


def _reader(kind: type, model: str) -> TypeAdapter[Any]:
    """What makes settings of what is typed; InputError for a type that cannot be typed."""
    try:
        hints = get_type_hints(kind)
    except NameError as error:
        raise InputError(f"{model}: a type of its settings is not known: {error}", PLAIN) from None
    for name in (field.name for field in fields(kind)):
        try:
            TypeAdapter(hints[name])
        except PydanticUserError:
            words = f"{model}: the setting {name} is of a type that cannot be typed"
            raise InputError(words, PLAIN) from None
    return TypeAdapter(kind)


def misfits(kind: type) -> str:
    """Which defaults of the settings `kind` could not be typed: a float for an int, say."""
    try:
        _reader(kind, kind.__name__).validate_python(vars(kind()))
    except ValidationError as error:
        return ", ".join(dict.fromkeys(str(detail["loc"][0]) for detail in error.errors()))
    return ""


def typed(value: Any) -> str:
    """The `value` of a setting as one would type it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "-".join(map(str, value)) or "none" if isinstance(value, tuple | list) else f"{value}"


def choices(kind: Any, quote: str = "") -> str:
    """What may be typed for a setting of type `kind`, each word between two of `quote`."""
    if get_origin(kind) is Literal:
        return ", ".join(f"{quote}{value}{quote}" for value in get_args(kind))
    if get_origin(kind) is tuple:
        (inner, _) = get_args(kind)
        what = choices(inner, quote) if get_origin(inner) is Literal else "whole numbers"
        return f"{what}; several joined by {quote}-{quote}"
    if kind is bool:
        return choices(Literal["true", "false"], quote)
    return {int: "whole number", float: "number"}[kind]


def _shown(value: Any) -> str:
    """A value in a message; one of thousands of digits is not even printed by Python."""
    try:
        return repr(value)[:80]
    except ValueError:
        return "a number of thousands of digits"


def _read(kind: type, name: str, value: Any) -> Any:
    """Split what was typed for a list: `64-128-256`, `color-cutout`; `none` is an empty one."""
    is_list = get_origin(get_type_hints(kind)[name]) is tuple
    if not is_list or not isinstance(value, str):
        return value
    return tuple(value.split("-")) if value not in ("", "none") else ()


def require_power_of_two(model: str, size: int, smallest: int, largest: int) -> None:
    """InputError for a picture size that is no power of two between the two bounds."""
    if size & (size - 1) or not smallest <= size <= largest:
        sizes = [str(2**i) for i in range(smallest.bit_length() - 1, largest.bit_length())]
        raise InputError(f"{model} cannot draw {size} px", f"--size {', '.join(sizes)}")


def require_positive(settings: Any, *names: str) -> None:
    """InputError for fields of `settings` that must be above zero and are not."""
    for name in names:
        if getattr(settings, name) <= 0:
            raise InputError(f"setting {name}={getattr(settings, name)} must be above 0")


def require_usable(settings: Any) -> None:
    """InputError for `settings` that no network can be built of and no optimiser can use."""
    there = vars(settings)
    require_positive(settings, *(name for name in MOST if name in there and name not in MAY_BE_0))
    for name, most in MOST.items():
        if there.get(name, 0) > most:
            raise InputError(f"setting {name}={there[name]} must be at most {most:,}")
    require_positive(settings, "learning_rate_g", "learning_rate_d", "norm_epsilon")
    require_not_negative(settings, "adam_epsilon", "init_std", "r1_gamma", "lecam")
    require_fraction(settings, "decay_from", "slope")
    for name in ("beta1", "beta2", "ema"):
        if not 0 <= there[name] < 1:
            raise InputError(f"setting {name}={there[name]} must be at least 0 and below 1")


def require_precision(settings: Any, device: str) -> None:
    """InputError where the precision of `settings` is still open, or one that `device` has not."""
    precision = getattr(settings, "precision", None)
    if precision == "tf32" and not device.startswith(("cuda", "meta")):
        raise InputError(f"precision=tf32 is of NVIDIA GPUs, and not of {device}", "precision=fp32")
    if precision == "auto":
        raise InputError(
            "precision=auto is for `ganbench run`, which finds out the faster one",
            "precision=fp32 or precision=bf16",
        )


def require_not_negative(settings: Any, *names: str) -> None:
    """InputError for fields of `settings` below zero."""
    for name in names:
        if getattr(settings, name) < 0:
            raise InputError(f"setting {name}={getattr(settings, name)} must not be negative")


def require_fraction(settings: Any, *names: str) -> None:
    """InputError for fields of `settings` that must lie between 0 and 1 and do not."""
    for name in names:
        if not 0 <= getattr(settings, name) <= 1:
            raise InputError(f"setting {name}={getattr(settings, name)} must lie between 0 and 1")
