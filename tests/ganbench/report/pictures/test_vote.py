import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ganbench import record
from ganbench.errors import InputError
from ganbench.record import Status
from ganbench.report import embedded
from ganbench.report.analysis import vote_file
from ganbench.report.analysis.comparison import compare
from ganbench.report.pictures import encoding, vote


def asked_of(folder):
    return vote.ask(compare(record.read_results(folder)), encoding.Reader())


def section(folder, public=False, with_pictures=True, cast=()):
    comparison = compare(record.read_results(folder))
    return vote.section(comparison, public, with_pictures, encoding.Reader(), cast)


def pairs_of(asked):
    return Counter((one.question.first.name, one.question.second.name) for one in asked)


def cast_on(booth, choose):
    """Votes as the page writes them, in which `choose` picks from the two names."""
    votes = [
        {"question": place, "left": left, "right": right, "better": choose(left, right)}
        for place, (left, right) in enumerate((q["names"] for q in booth["questions"]), start=1)
    ]
    value = {"format": 1, "ballot": booth["ballot"], "suite": "quick", "voter": "1", "votes": votes}
    return Path("votes.json"), vote_file._file.validate_json(json.dumps(value))


@pytest.fixture
def translators(fake):
    for label in ("cyclegan-unet", "cyclegan-resnet"):
        for seed in range(2):
            fake.run(label, seed, 120.0)
    return fake.finish(["cyclegan-unet", "cyclegan-resnet"])


def test_pairs_of_models_are_asked_equally_often_and_sides_are_even(results):
    asked = asked_of(results)
    assert len(asked) == 21 and sorted(pairs_of(asked).values()) == [7, 7, 7]
    for pair in pairs_of(asked):
        swapped = [one.question.swapped for one in asked
                   if (one.question.first.name, one.question.second.name) == pair]  # fmt: skip
        assert abs(2 * sum(swapped) - len(swapped)) <= 1
    pictures = {tuple(map(vote._digest, one.pictures)) for one in asked}
    assert len(pictures) == 21


def test_translators_show_the_same_photograph_of_the_same_seed(translators, fake):
    views = {
        (run.label, run.seed): {name: np.load(folder / file) for name, file in run.views.items()}
        for folder, run in record.read_results(translators).runs
    }
    asked = asked_of(translators)
    seeds: Counter[int] = Counter()
    for one in asked:
        found = [
            (seed, index)
            for seed in range(2)
            for index in range(16)
            if all(
                np.array_equal(views[row.label, seed]["output"][index], picture)
                for row, picture in zip(one.question.sides, one.pictures, strict=True)
            )
        ]
        assert len(found) == 1
        (seed, index), *_ = found
        assert np.array_equal(one.photograph, views["cyclegan-unet", seed]["input"][index])
        seeds[seed] += 1
    assert seeds == {1: 16, 0: 4}  # those that stand elsewhere with a name come last


def test_the_page_made_again_and_the_public_one_ask_the_same(translators):
    first, again, public = section(translators), section(translators), section(translators, True)
    assert first.booth == again.booth
    assert public.booth["ballot"] == first.booth["ballot"]
    assert public.booth["pictures"] == first.booth["pictures"]
    assert first.booth["photographs"] and not public.booth["photographs"]
    assert all(q["photograph"] is None for q in public.booth["questions"])


def test_other_pictures_are_another_ballot(translators, fake):
    before = section(translators).booth["ballot"]
    path = fake.suite / fake.runs[-1] / "views/output.npy"
    array = np.load(path)
    array[:] = array[::-1].copy()
    np.save(path, array)
    run = record.read(path.parents[1])
    record.write(path.parents[1], replace(run, sha256={}))
    assert section(translators).booth["ballot"] != before


def test_models_from_noise_have_no_photograph(results):
    for one in asked_of(results):
        noise = "dcgan" in (one.question.first.label, one.question.second.label)
        assert (one.photograph is None) == noise


def test_all_pictures_keep_to_their_bytes(fake):
    rng = np.random.default_rng(0)
    for label in ("cyclegan-unet", "cyclegan-resnet"):
        run = fake.run(label, 0, 120.0)
        for name in ("input", "output"):
            noise = rng.integers(0, 256, (16, 256, 256, 3), np.uint8)
            np.save(fake.suite / fake.runs[-1] / run.views[name], noise)
    booth = section(fake.finish(["cyclegan-unet", "cyclegan-resnet"])).booth
    assert len(booth["questions"]) == 16  # there are no more pictures
    assert sum(map(len, booth["pictures"] + booth["photographs"])) < 250_000


def test_one_model_or_runs_that_did_not_end_well_are_no_vote(fake):
    fake.run("cyclegan-unet", 0, 120.0)
    fake.run("cyclegan-resnet", 0, 120.0, Status("collapsed", 9, 1.0, "one picture"))
    fake.run("dcgan", 0, 120.0, pictures=False)
    folder = fake.finish(["cyclegan-unet", "cyclegan-resnet", "dcgan"])
    assert section(folder) is None
    with pytest.raises(InputError, match="fewer than two models have finished with pictures"):
        section(folder, cast=[(Path("votes.json"), None)])


def test_of_many_models_the_best_are_asked_about(fake):
    for place, label in enumerate(("dcgan", "cyclegan-unet", "cyclegan-resnet", "dcgan:x=1")):
        fake.run(label, 0, 100.0 + place)
    folder = fake.finish(["dcgan:x=1", "cyclegan-resnet", "cyclegan-unet", "dcgan"])
    assert section(folder).models == {"dcgan", "cyclegan-unet", "cyclegan-resnet"}


def test_a_model_in_two_frameworks_makes_room_for_others(twins):
    labels = {name.partition(" ")[0] for name in section(twins).models}
    assert labels == {"dcgan", "cyclegan-unet", "cyclegan-resnet"}


def test_without_seeds_in_common_the_first_ones_are_shown(fake):
    fake.run("cyclegan-unet", 0, 120.0)
    fake.run("cyclegan-resnet", 1, 120.0)
    assert len(section(fake.finish(["cyclegan-unet", "cyclegan-resnet"])).booth["questions"]) == 16


def test_votes_are_counted_into_numbers_and_one_sentence(results):
    booth = section(results).booth
    order = ["cyclegan-resnet", "cyclegan-unet", "dcgan"]
    best = cast_on(booth, lambda left, right: "left" if order.index(left) < order.index(right) else
                   "right")  # fmt: skip
    found = section(results, with_pictures=False, cast=[best])
    assert (found.voters, found.votes, found.booth) == (1, 21, None)
    assert found.sentence.startswith("The eye and random-Inception FD agree where both can tell:")
    assert "both put cyclegan-resnet before cyclegan-unet" in found.sentence
    assert sum(pair["second_better"] for pair in found.embedded["pairs"]) == 21
    two = section(results, cast=[best, (Path("b"), replace(best[1], voter="2"))])
    assert (two.voters, two.votes) == (2, 42) and "of 2" not in two.sentence


def test_a_page_with_votes_is_read_again(results, tmp_path):
    value = embedded.results_json(record.read_results(results))
    value["votes"] = {"voters": 1}
    path = tmp_path / "page.html"
    path.write_bytes(embedded.START + json.dumps(value).encode() + embedded.END)
    assert len(embedded.read_page(path).runs) == 9
