"""Which rule of the failure watch a run met, in words, and what to try for that rule.

A record has the rule as the sentence that it fired with. The thresholds are those of training's
`failure_watch`, which the report does not import; a test holds the two against each other.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ganbench.record import Record

FP32 = "32-bit precision"
LOWER_D = "a lower learning rate for the discriminator"
RATES = ("learning_rate_g", "learning_rate_d")
HANDICAP = 2.0  # G's rate over D's, from which on D is not asked to learn more slowly still


@dataclass(frozen=True)
class Rule:
    """One sign that a run no longer learns: how it is recognised, what it is, what may help."""

    name: str
    reason: re.Pattern[str]  # how the sentence in the record begins
    words: str
    tries: tuple[str, ...]
    settings: tuple[str, ...]  # of the model, that these things are set with


RULES = (
    Rule(
        "collapse",
        re.compile("it draws nearly one picture for every input"),
        "pictures that differ less than 5% as much as real ones, at 3 looks in a row",
        ("another seed, to see whether it was chance", LOWER_D, "augmentation, dropout or soft "
         "labels for the discriminator", "a larger batch", "a smaller discriminator"),
        (*RATES, "augment", "dropout", "real_label", "batch"),
    ),
    Rule(
        "flat pictures",
        re.compile("every picture it draws is one flat colour"),
        "every picture has less than 2% of the contrast of real ones, at 3 looks in a row",
        (FP32, "a lower learning rate", "another norm where the batch is 1 or 2"),
        ("precision", *RATES, "norm", "batch"),
    ),
    Rule(
        "no number",
        re.compile(r"loss .* became (nan|-?inf) at step"),
        "a loss that is not a number or infinite, once: no later step brings it back",
        (FP32, "a lower learning rate", "an epsilon in whatever divides or takes a logarithm or "
         "root"),
        ("precision", *RATES, "adam_epsilon", "norm_epsilon"),
    ),
    Rule(
        "exploded loss",
        re.compile("loss .* has exploded"),
        "a loss of 1,000 times its usual size and above 100,000, at 20 readings in a row",
        ("a lower learning rate", "a gradient penalty", "spectral norm", "for a critic fewer steps "
         "or a penalty on its drift"),
        (*RATES, "r1_gamma", "spectral_norm", "d_steps"),
    ),
    Rule(
        "standstill",
        re.compile("no loss has changed for"),
        "no loss changes by a bit, at 100 readings in a row, so no gradient reaches a network",
        (LOWER_D, "soft labels", "another loss", "logits instead of probabilities"),
        (*RATES, "real_label", "loss"),
    ),
)  # fmt: skip
ENDINGS = {
    "out_of_memory": "Try a smaller size, a smaller batch, or fewer filters.",
    "failed": "The run's events.jsonl has the last words of the process.",
    "interrupted": "The same command continues it.",
    "waiting": "The same command starts it.",
    "training": "The page is rewritten when it ends.",
}


def rule(record: Record) -> Rule | None:
    """The rule that ended a run or called it collapsed; None where none of ours did."""
    if record.status.name not in ("collapsed", "diverged"):
        return None
    return next((one for one in RULES if one.reason.match(record.status.reason)), None)


def advice(record: Record) -> str:
    """What to try, in sentences: for the rule that fired, else for how the run ended."""
    found = rule(record)
    if found is None:
        return ENDINGS.get(record.status.name, "")
    tries = [_fitting(one, record.settings) for one in found.tries]
    said = "; ".join(one for one in tries if one)
    known = {name: record.settings[name] for name in found.settings if name in record.settings}
    had = ", ".join(f"{name} = {_spelled(value)}" for name, value in known.items())
    return f"{said[:1].upper()}{said[1:]}." + (f" It had {had}." if had else "")


def _fitting(one: str, settings: Mapping[str, object]) -> str:
    """What to try for a run with these settings; empty where it was so already."""
    if one == FP32 and settings.get("precision", "fp32") == "fp32":
        return ""
    rates = [settings.get(name) for name in RATES]
    if one == LOWER_D and all(isinstance(rate, int | float) and rate > 0 for rate in rates):
        ratio = rates[0] / rates[1]  # type: ignore[operator]
        if ratio >= HANDICAP:
            return f"a learning rate for D nearer to G's, which is {ratio:.3g} times it"
    return one


def _spelled(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    return ", ".join(map(str, value)) or "none" if isinstance(value, list | tuple) else str(value)
