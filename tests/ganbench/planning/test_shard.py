"""Which run of a suite is which shard's."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from ganbench.errors import InputError
from ganbench.planning import shard
from ganbench.planning.plan import Plan


def a_plan(models, seeds, beside=()):
    runs = tuple(
        SimpleNamespace(
            run=SimpleNamespace(label=model, framework="pytorch", seed=seed),
            folder=Path(f"{model}-{seed}"),
        )
        for model in models
        for seed in range(seeds)
    )
    jobs = tuple(SimpleNamespace(out=Path(name), label=name) for name in beside)
    return Plan(None, "cpu", None, Path("s"), runs, jobs)


@pytest.mark.parametrize(("models", "seeds", "of"), [("ab", 2, 2), ("abc", 2, 4), ("abc", 5, 3)])
def test_shards_are_parts_of_the_whole_of_alike_size_with_a_mix_of_models(models, seeds, of):
    plan = a_plan(models, seeds)
    parts = [shard.of_plan(plan, shard.Shard(place, of)) for place in range(1, of + 1)]
    taken = [planned.folder for part in parts for planned in part.runs]
    assert sorted(taken) == sorted(planned.folder for planned in plan.runs)
    sizes = [len(part.runs) for part in parts]
    assert max(sizes) - min(sizes) <= 1
    for model in models:
        counts = Counter(sum(p.run.label == model for p in part.runs) for part in parts)
        assert max(counts) - min(counts) <= 1
    assert all(part.whole is plan for part in parts)


def test_a_shard_knows_whose_the_others_are_and_models_beside_are_shared_out_too():
    part = shard.of_plan(a_plan("a", 3, ["x", "y"]), shard.Shard(2, 2))
    assert [planned.run.seed for planned in part.runs] == [1]
    assert [job.label for job in part.beside] == ["x"]
    assert shard.elsewhere(part) == [
        *(("1/2", "a pytorch seed 0"), ("1/2", "a pytorch seed 2"), ("1/2", "y")),
    ]
    assert shard.elsewhere(a_plan("a", 3)) == []


@pytest.mark.parametrize(
    "text",
    ["", "0/4", "5/4", "a/b", "1", "1/0", "-1/4", "1/4/2", "1.0/4", "\u00b2/4", "9" * 5000 + "/4"],
)
def test_what_is_no_shard_is_one_sentence(text):
    with pytest.raises(InputError) as raised:
        shard.parse(text)
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 300
    assert raised.value.hint.startswith("--shard ")


def test_as_many_shards_as_runs_have_one_each_and_more_have_nothing_to_do():
    whole = a_plan("ab", 2, ["x", "y"])
    parts = [shard.of_plan(whole, shard.Shard(place, 6)) for place in range(1, 5)]
    assert [len(part.runs) for part in parts] == [1, 1, 1, 1]
    assert [job for part in parts for job in part.beside] == list(whole.beside)
    assert [whose for whose, _ in shard.elsewhere(parts[1])] == ["1/6", "3/6", "4/6", "1/6"]
    for place in (5, 6):
        with pytest.raises(shard.NothingToDo, match=f"shard {place}/6 has nothing to do"):
            shard.of_plan(whole, shard.Shard(place, 6))
