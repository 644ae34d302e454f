"""Whatever comes from a file or a command line is read, or refused in one sentence."""

import json
import os
import unicodedata
from contextlib import suppress
from dataclasses import asdict, replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ganbench import budget, record
from ganbench.errors import InputError
from ganbench.planning import suite
from ganbench.planning.suite import Choice, Suite
from ganbench.system import files
from ganzoo.errors import InputError as ModelError
from metrics.errors import InputError as MetricError

BAD = {"Cc", "Cs"}  # letters that move a terminal's cursor, and halves of letters
MISTAKES = (InputError, ModelError, MetricError)
settings.register_profile(
    "any",
    derandomize=True,
    max_examples=100,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
anything = settings(settings.get_profile("any"))

NAMES = [*Suite.__dataclass_fields__, "colour", "settings", "\x1b[2J"]
text = st.text(max_size=20) | st.sampled_from(
    ["dcgan", "cyclegan:norm=group,blocks=6", "60s", "1e400s", "\x00", "../x", "\ud800", "x" * 5000]
)
plain = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**400), 10**4000, 2**63])
    | st.floats()
    | text
    | st.dates()
    | st.times()
)
value = st.recursive(
    plain, lambda v: st.lists(v, max_size=3) | st.dictionaries(text, v, max_size=3), max_leaves=6
)


def refused_in_one_sentence(action) -> bool:
    """Whether it was refused; any other error goes through."""
    try:
        action()
    except MISTAKES as mistake:
        said = f"{mistake}{mistake.hint}"
        assert not BAD & set(map(unicodedata.category, said)) and len(said) < 2000, said
        return True
    return False


def read(tmp_path, content: bytes) -> Suite:
    file = tmp_path / "any.toml"
    file.write_bytes(content)
    return suite.read_suite(file)


# Suites

word = st.sampled_from(
    [
        *("models", "=", "[", "]", "[[", "]]", "{", "}", '"', "'", ",", ".", "\n", "#", "size"),
        *("1979-05-27", "inf", "nan", "0x", "9" * 5000, "true", "settings", "-", '"""', "name"),
    ]
)


@anything
@given(words=st.lists(word | st.text(max_size=3), max_size=30))
def test_any_text_in_a_suite_file(tmp_path, words):
    content = "".join(words).encode("utf-8", "surrogatepass")
    refused_in_one_sentence(lambda: suite.check(read(tmp_path, content)))


@anything
@given(content=st.binary(max_size=40))
def test_any_bytes_in_a_suite_file(tmp_path, content):
    refused_in_one_sentence(lambda: read(tmp_path, content))


@anything
@given(values=st.dictionaries(st.sampled_from(NAMES), value, max_size=3))
@example(values={"seeds": [10**400]})
@example(values={"models": [{"name": "dcgan", "settings": {"width": 10**4000}}]})
@example(values={"data": "a\0b"})
@example(values={"samples": 10**15})
@example(values={"name": "x" * 300})
@example(values={"models": [{"name": "dcgan", "label": "\x1b[2J"}]})
@example(values={"\x1b[2J": 1})
@example(values={"plugins": ["\x1b[2J.py"]})
@example(values={"plugins": ["x" * 5000]})
@example(values={"plugins": ["/dev/zero"]})
@example(values={"metrics": ["\x1b[2J"]})
@example(values={"frameworks": ["\x1b[2J"]})
def test_any_value_in_any_field(values):
    def use():
        chosen = suite.from_values(values, "here")
        suite.check(chosen)
        suite.to_toml(chosen).encode()
        json.dumps(asdict(chosen))
        suite.selected(chosen)

    refused_in_one_sentence(use)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"x = " + b"[" * 100_000, "nested too deep"),
        (b"data = " + b"[" * 30 + b"]" * 30, "nested too deep"),
        (b"size = " + b"9" * 5000, "not TOML"),
        (b"size = 0x" + b"f" * 5000, "number is too large"),
        (b"seeds = [99999999999]", "below 2\\^32"),
        (b"#" * (2**20 + 1), "larger than 1 MiB"),
        (b"data = 1979-05-27", "a date is not expected"),
        (b'plugins = ["a\\u0000.py"]', "zero byte"),
        (b'[[models]]\nname = "dcgan"\nlabel = "\\u001b[2J"', "cannot be printed"),
        (b'"\\u001b[2J" = 1', "_\\[2J"),
    ],
)
def test_what_no_suite_can_hold_is_refused(tmp_path, content, words):
    with pytest.raises(InputError, match=words) as caught:
        suite.check(read(tmp_path, content))
    assert str(caught.value).isprintable() and len(str(caught.value)) < 300


def test_a_fifo_is_no_suite_and_holds_nobody_up(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(InputError, match="not a regular file"):
        suite.read_suite(tmp_path / "pipe.toml")


def test_a_file_that_notepad_saved_is_read(tmp_path):
    assert read(tmp_path, b"\xef\xbb\xbfsize = 64").size == 64


# Every text that a file can hold comes back.

written = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
setting = st.recursive(
    written | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False),
    lambda v: st.lists(v, max_size=2) | st.dictionaries(written, v, max_size=2),
    max_leaves=4,
)


@anything
@given(
    words=st.tuples(*[written] * 6),
    settings=st.dictionaries(written, setting, max_size=3),
    jitter=st.floats(allow_nan=False),
    metrics=st.lists(written, max_size=2),
)
@example(
    words=("\x7f\x1b\u0085\u2028\"'\\",) * 6,
    settings={"a b": {"": "\x00c"}},
    jitter=1e22,
    metrics=[],
)
def test_a_suite_of_any_strings_reads_back_the_same(tmp_path, words, settings, jitter, metrics):
    name, data, label, device, plugin, profile = words
    settings = {key: value for key, value in settings.items() if "\0" not in repr(value)}
    whole = Suite(
        models=(Choice(name, {} if "\\x00" in repr(settings) else settings, label or "l"),),
        name="n",
        data=data,
        device=device,
        plugins=(plugin,),
        profile=profile,
        jitter=jitter,
        metrics=tuple(metrics),
    )
    again = read(tmp_path, suite.to_toml(whole).encode())
    assert again == whole


# What is typed


@anything
@given(typed=text | st.lists(st.sampled_from([*"dcgan,:=-. \t", "norm=group", "=="])).map("".join))
def test_any_models_that_are_typed(typed):
    def use():
        chosen = suite.choices(suite.split_models(typed))
        assert chosen and all(isinstance(choice.name, str) for choice in chosen)

    refused_in_one_sentence(use)


@anything
@given(
    typed=text
    | st.from_regex(r"[0-9٣]{1,400}(\.[0-9]{1,9})?(steps?|img|min|s|m|h)", fullmatch=True)
)
@example(typed="9" * 400 + "s")
@example(typed="0.0000000001s")
@example(typed="8h30m")
def test_any_budget_is_a_finite_amount_that_reads_back(typed):
    def use():
        found = budget.parse(typed)
        assert 0 < found.amount <= budget.MOST
        again = budget.parse(str(found))
        assert again.unit == found.unit and again.amount == pytest.approx(found.amount, abs=1e-6)

    refused_in_one_sentence(use)


# Records

PARTS = ["status", "used", "cost", "snapshots", "scores", "curve", "settings", "seed", "size"]
PARTS += ["format", "files", "views", "data", "first_losses", "budget", "sha256", "\x1b[2J"]
json_value = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(["../../x", "\ud800", "\x1b[2J"]),
    lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=5), v, max_size=3),
    max_leaves=6,
)


def places(found, path=()):
    """Every place in nested JSON."""
    yield path
    inner = enumerate(found) if isinstance(found, list) else {}.items()
    for key, child in found.items() if isinstance(found, dict) else inner:
        yield from places(child, (*path, key))


def put(found, path, new):
    for key in path[:-1]:
        found = found[key]
    found[path[-1]] = new


@anything
@given(data=st.data())
def test_any_value_anywhere_in_a_record(tmp_path, a_record, data):
    changed = json.loads(json.dumps(asdict(replace(a_record, format=1))))
    changed.pop("sha256", None)
    inner = [path for path in places(changed) if path]
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(inner) | st.sampled_from(PARTS).map(lambda p: (p,)))
        new = data.draw(json_value)
        with suppress(KeyError, IndexError, TypeError):  # an earlier change took the place away
            put(changed, path, new)
    file = tmp_path / "record.json"
    file.write_text(json.dumps(changed))
    if not refused_in_one_sentence(lambda: record.read(tmp_path)):
        record.write(tmp_path / "again", record.read(tmp_path))


@anything
@given(changed=json_value)
def test_any_json_is_a_record_or_none(tmp_path, changed):
    (tmp_path / "record.json").write_text(json.dumps(changed))
    assert refused_in_one_sentence(lambda: record.read(tmp_path))
    (tmp_path / "suite.json").write_text(json.dumps(changed))
    refused_in_one_sentence(lambda: record.read_results(tmp_path.parent))


@anything
@given(content=st.binary(max_size=60))
def test_any_bytes_are_no_record(tmp_path, content):
    (tmp_path / "record.json").write_bytes(content)
    assert refused_in_one_sentence(lambda: record.read(tmp_path))
    assert refused_in_one_sentence(lambda: files.read_sealed(tmp_path / "record.json"))
