import json

import numpy as np
import pytest

from ganbench import record
from ganbench.record import Status
from ganbench.report import build
from ganbench.report.analysis.comparison import compare
from ganbench.report.pictures import memorization
from ganbench.system import files

REAL = np.linspace(1.0, 2.0, 200).tolist()


def nearest(generated, real=None):
    return memorization.Nearest(pictures="p.npy", neighbours=1, rows=[], generated=generated,
                           real=real or REAL)  # fmt: skip


def section_of(fake, **options):
    comparison = compare(record.read_results(fake.finish([])))
    return memorization.section(comparison, options.get("public", False), True)


def test_pictures_as_far_as_real_ones_are_from_each_other_hint_at_nothing():
    said = memorization.finding("a", nearest(REAL))
    assert not memorization.suspicious(nearest(REAL))
    assert "lies 1.00 times as far" in said and "Nothing hints at copying" in said


def test_more_close_ones_than_chance_gives_are_counted():
    some = nearest([0.5] * 12 + [1.5] * 108)
    assert memorization.suspicious(some)
    expected = "12 of 120 lie nearer to a real painting than 99 % of real paintings do"
    assert expected in memorization.finding("a", some)


def test_a_few_close_ones_are_chance():
    few = nearest([0.99] * 3 + [1.5] * 117)
    assert not memorization.suspicious(few)
    assert "3 of 120 close ones are what chance gives" in memorization.finding("a", few)


def test_a_single_copy_is_named():
    one = nearest([0.0] + [1.5] * 119)
    assert memorization.suspicious(one)
    assert "1 of 120 is the very picture that was trained on" in memorization.finding("a", one)


def test_data_that_repeats_itself_is_no_ground_to_judge_on():
    found = nearest([0.0, 0.0, 1.0], real=[0.0] * 10)
    assert not memorization.suspicious(found)
    assert "no distance can be judged" in memorization.finding("a", found)


def test_the_seed_whose_pictures_lie_nearest_is_shown(fake):
    for seed, level in enumerate([110.0, 130.0, 120.0]):
        fake.run("cyclegan-unet", seed, level)
    path = fake.suite / fake.runs[1] / "nearest/nearest.json"
    found = json.loads(path.read_text())
    files.write_json(path, found | {"generated": [0.5, 0.5, *found["generated"][2:]]})
    shown = section_of(fake).models[0]
    assert shown.note == "seed 1" and len(shown.matches) == 8
    assert shown.finding.startswith("cyclegan-unet seed 1: a typical picture lies")
    assert shown.matches[1].sample == 11 and shown.matches[1].real[0][1:] == (
        "painting 1.jpg",
        "2.25",
    )


def test_a_collapsed_run_is_shown_as_that_when_there_is_no_other(fake):
    fake.run("dcgan", 0, 200.0, Status("collapsed", 9, 1.0, "one picture"))
    assert section_of(fake).models[0].note == "seed 0, collapsed"


def test_public_keeps_generated_pictures_and_distances_only(fake):
    fake.run("cyclegan-unet", 0, 120.0)
    html = build(fake.finish(["cyclegan-unet"]), public=True).read_text()
    part = html[html.index('id="copying"') : html.index('id="failures"')]
    assert part.count("<img") == 8 and "painting 1.jpg" not in html and "2.25, 3.25" in part


def test_names_of_strangers_are_only_names(fake, script_name):
    run = fake.run("cyclegan-unet", 0, 120.0)
    path = fake.suite / fake.runs[0] / run.evidence["nearest"]
    value = json.loads(path.read_text())
    value["rows"][0]["real"][0]["name"] = f'{script_name}" onload="x'
    path.write_text(json.dumps(value))
    html = build(fake.finish(["cyclegan-unet"])).read_text()
    assert script_name not in html and 'onload="x' not in html and "&lt;script&gt;" in html


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"generated": []}, "generated"),
        ({"generated": [-1.0]}, "generated.0"),
        ({"real": "many"}, "real"),
        ({"neighbours": 2}, "not 2 real pictures in every row"),
        ({"neighbours": 10**9}, "neighbours"),
        ({"rows": [{"sample": "x"}]}, "rows.0"),
    ],
)
def test_a_damaged_file_is_one_sentence(fake, change, words):
    run = fake.run("cyclegan-unet", 0, 120.0)
    path = fake.suite / fake.runs[0] / run.evidence["nearest"]
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    found = section_of(fake)
    assert (found.models, found.figure) == ((), None)
    assert len(found.problems) == 1 and words in found.problems[0]
    assert found.problems[0].startswith("The nearest pictures of cyclegan-unet seed 0 are not")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"real": [NaN]}'])
def test_a_file_that_is_no_json_is_one_sentence(fake, text):
    run = fake.run("cyclegan-unet", 0, 120.0)
    (fake.suite / fake.runs[0] / run.evidence["nearest"]).write_text(text)
    assert len(section_of(fake).problems) == 1


@pytest.mark.parametrize("name", ["../../suite.json", "/etc/hostname", "nowhere.json"])
def test_a_record_cannot_point_out_of_its_folder(fake, name):
    fake.run("cyclegan-unet", 0, 120.0)
    path = fake.suite / fake.runs[0] / "record.json"
    files.write_sealed(path, files.read_sealed(path) | {"evidence": {"nearest": name}})
    assert len(section_of(fake).problems) == 1


def test_distances_outlive_their_pictures(fake):
    fake.run("cyclegan-unet", 0, 120.0)
    files.write_array(
        fake.suite / fake.runs[0] / "nearest/pictures.npy", np.zeros((3, 4, 4, 3), np.uint8)
    )
    found = section_of(fake)
    assert found.models[0].matches == () and found.figure is not None
    assert "not 32 pictures" in found.problems[0]
