import json
import math
import re
import shutil

import pytest

from ganbench import record
from ganbench.record import Cost, Status, Used
from ganbench.report import build, embedded
from ganbench.report.analysis import verdict
from ganbench.report.analysis.comparison import compare
from ganbench.report.analysis.intervals import t_factor
from ganbench.report.frameworks import pairs
from ganbench.report.frameworks import section as module
from ganbench.report.tables import csv_table
from ganbench.system import files

TORCH, FLOW = "pytorch", "tensorflow"


@pytest.fixture
def run(fake):
    """Write one run: label, framework, seed, score, pictures a second and anything else."""

    def make(label, framework, seed, level=120.0, speed=10.0, ending=None, **changes):
        changes = {"cost": Cost(speed, 2**30, "process", {"G": 7}, 9, 6.0, 2.0)} | changes
        fake.run(label, seed, level, ending, pictures=False, framework=framework, **changes)

    return make


@pytest.fixture
def section(fake):
    def make():
        models = ["a"]
        results = record.read_results(fake.finish(models, frameworks=[TORCH, FLOW]))
        return module.section(compare(results))

    return make


def test_the_mean_ratio_is_geometric_with_students_interval_of_the_logarithms(run, section):
    for seed, (torch, flow) in enumerate([(10.0, 20.0), (10.0, 5.0)]):
        run("a", TORCH, seed, speed=torch)
        run("a", FLOW, seed, speed=flow)
    (model,) = section().models
    found = pairs.ratio(model.paired, lambda r: r.cost.pictures_per_second)
    assert found.by_seed == {0: pytest.approx(2), 1: pytest.approx(0.5)}
    assert found.logs.mean == pytest.approx(0)  # twice and half as fast cancel
    deviation = math.sqrt(2) * math.log(2)
    assert found.logs.half_width == pytest.approx(t_factor(2) * deviation)
    assert t_factor(2) == pytest.approx(12.706 / math.sqrt(2), rel=1e-4)
    assert model.costs["speed"].ratio == "1.00" and model.costs["speed"].notes[1] == "2 seeds"


def test_the_finding_says_ratio_interval_losses_and_metric(twins_section):
    said = twins_section.finding
    assert said.startswith("TensorFlow trained cyclegan-resnet 0.98 times as fast as PyTorch (")
    assert "not settled which is faster" in said
    assert "cyclegan-unet 0.77 times as fast (0.75 to 0.79 over 2 seeds)" in said
    assert "the losses of the first step agree to 3.0e-7" in said
    assert "tells the frameworks apart for dcgan (PyTorch is better)" in said


@pytest.fixture(scope="module")
def twins_section(twins):
    return module.section(compare(record.read_results(twins)))


def test_one_seed_has_no_spread(run, section):
    run("a", TORCH, 0)
    run("a", FLOW, 0, speed=15.0)
    found = section()
    assert "1.50 times as fast as PyTorch (one seed: no spread)" in found.finding
    assert found.models[0].costs["speed"].notes == ("1 seed",)
    assert {line.verdict for line in found.models[0].metrics} == {"one seed: no interval"}


def test_one_framework_makes_no_section(built):
    assert module.section(compare(record.read_results(built))) is None
    html = (built / "report.html").read_text()
    assert 'id="frameworks"' not in html and "#frameworks" not in html


def test_two_models_in_one_framework_each_are_no_twins(run, section):
    run("a", TORCH, 0)
    run("b", FLOW, 0)
    assert section() is None


def test_a_seed_in_one_framework_only_enters_nothing_and_is_named(run, section):
    run("a", TORCH, 0, 120.0, 10.0)
    run("a", TORCH, 1, 999.0, 1000.0)
    run("a", FLOW, 0, 121.0, 20.0)
    run("a", FLOW, 2, 999.0, 1000.0)
    found = section()
    (model,) = found.models
    assert model.costs["speed"].ratio == "2.00" and model.costs["speed"].notes == ("1 seed",)
    assert model.metrics[0].difference.mean == pytest.approx(1)
    assert "seed 1 finished in PyTorch only" in found.notes[0]
    assert "seed 2 finished in TensorFlow only" in found.notes[1]


def test_no_seed_in_both_is_said_and_nothing_divides(run, section):
    run("a", TORCH, 0)
    run("a", FLOW, 1)
    found = section()
    assert found.finding.startswith("No seed with a speed finished in both frameworks (a)")
    assert found.figure is None and found.models[0].costs["speed"].ratio == "–"
    assert found.models[0].metrics[0].verdict == "no seed with this number in both"


def test_old_records_without_the_new_fields_still_read_and_show_dashes(fake, run, section):
    for framework in (TORCH, FLOW):
        run("a", framework, 0, cost=Cost(10.0))
    for name in fake.runs:
        path = fake.suite / name / "record.json"
        old = files.read_sealed(path) | {"format": 1}
        del old["first_losses"], old["cost"]["start_seconds"], old["cost"]["compile_seconds"]
        path.write_text(json.dumps(old))
    found = section()
    (model,) = found.models
    assert (
        model.costs["memory"].sides
        == model.costs["start"].sides
        == model.costs["compile"].sides
        == ("–", "–")
    )
    assert model.costs["memory"].ratio == model.losses[0] == "–"
    assert model.losses[1:] == ("not recorded in PyTorch and TensorFlow",)
    assert "is not recorded" in found.finding


def test_memory_of_a_process_is_not_divided_by_memory_of_a_gpu(run, section):
    run("a", TORCH, 0, cost=Cost(10.0, 2**30, "GPU"))
    run("a", FLOW, 0, cost=Cost(10.0, 2**31, "process"))
    memory = section().models[0].costs["memory"]
    assert memory.sides == ("1.0 GiB", "2.0 GiB")
    assert memory.ratio == "–" and memory.notes == ("GPU and process:", "no ratio")


def test_the_largest_relative_difference_of_first_losses_is_named(run, section):
    run("a", TORCH, 0, first_losses={"D": 1.0, "G": 4.0, "only": 1.0})
    run("a", FLOW, 0, first_losses={"D": 1.0, "G": 5.0})
    run("a", TORCH, 1, first_losses={"D": 0.0, "G": -2.0})
    run("a", FLOW, 1, first_losses={"D": 0.0, "G": -1.9})
    found = section()
    assert found.models[0].losses[0] == "0.200"  # |4 - 5| / 5
    assert found.models[0].losses[1:] == ("G, seed 0", "2 losses, 2 seeds")
    assert "differ by up to 0.200 (a, G), more than rounding explains" in found.finding
    assert "a: only is among the first losses of PyTorch only." in found.notes


@pytest.mark.parametrize(
    ("settings", "precision", "why"),
    [
        ({"dropout": 0.5}, "fp32", "dropout (each framework draws its own masks) explains"),
        ({"precision": "bf16"}, "bf16, weights and losses in fp32", "bf16 explains"),
        ({}, "fp32, convolutions in TF32", "TF32 explains"),
        ({"g_dropout": 1}, "fp16", "dropout (each framework draws its own masks) and fp16 explain"),
    ],
)
def test_first_losses_apart_for_a_known_reason_are_not_accused(
    run, section, settings, precision, why
):
    for framework, loss in ((TORCH, 1.0), (FLOW, 1.25)):
        run("a", framework, 0, first_losses={"D": loss}, settings=settings,
            environment={"precision": precision})  # fmt: skip
    assert f"differ by up to 0.200 (a, D), which {why}." in section().finding


@pytest.mark.parametrize("settings", [{"dropout": 0.0, "dropout_layers": 3}, {"precision": "fp32"}])
def test_settings_without_dropout_or_bf16_explain_no_first_losses(run, section, settings):
    for framework, loss in ((TORCH, 1.0), (FLOW, 1.25)):
        run("a", framework, 0, first_losses={"D": loss}, settings=settings,
            environment={"precision": "fp32"})  # fmt: skip
    assert "(a, D), more than rounding explains." in section().finding


def test_a_reason_in_one_model_excuses_no_other(run, section):
    for label, loss, settings in (("a", 4.0, {"dropout": 0.5}), ("b", 1.25, {})):
        run(label, TORCH, 0, first_losses={"D": 1.0}, settings=settings)
        run(label, FLOW, 0, first_losses={"D": loss}, settings=settings)
    said = section().finding
    assert "0.750 (a, D), which dropout (each framework draws its own masks) explains" in said
    assert "and elsewhere differ by up to 0.200 (b, D), more than rounding explains." in said


def test_one_label_of_two_models_makes_no_twins(run, section):
    for framework in (TORCH, FLOW):
        run("a", framework, 0, model=f"model-of-{framework}")
        run("b", framework, 0)
    found = section()
    assert [model.paired.label for model in found.models] == ["b"]
    assert "a is not here: it is another model in PyTorch than in TensorFlow." in found.notes


def test_only_built_in_models_are_said_to_start_from_the_same_weights(run, section):
    for framework in (TORCH, FLOW):
        run("mine", framework, 0, model="mine")
    assert section().start == "Both frameworks saw the same pictures in the same order."
    for framework in (TORCH, FLOW):
        run("dcgan", framework, 0)
    said = section().start
    assert "from the same initial weights" in said
    assert said.endswith("; of mine only the pictures and their order are the same.")


def test_the_usual_models_start_from_the_same_weights(twins_section):
    assert "from the same initial weights and on the same stream" in twins_section.start
    assert "only" not in twins_section.start


def test_equal_first_losses_are_called_equal(run, section):
    for framework in (TORCH, FLOW):
        run("a", framework, 0, first_losses={"D": 1.0})
    found = section()
    assert "the losses of the first step are equal." in found.finding
    assert found.models[0].losses[1:] == ("equal", "1 loss, 1 seed")


@pytest.mark.parametrize(
    ("value", "text"), [(1.64e-7, "1.6e-7"), (9.96e-6, "1.0e-5"), (0.0123, "0.0123"), (0.0, "0")]
)
def test_small_numbers_keep_two_digits(value, text):
    assert module.scientific(value) == text


def test_a_model_without_a_finished_run_in_one_framework_is_left_out_and_named(run, section):
    for label in ("a", "b"):
        run(label, TORCH, 0)
    run("a", FLOW, 0)
    run("b", FLOW, 0, ending=Status("failed", 3, 0.1, "no such operation"))
    found = section()
    assert [model.paired.label for model in found.models] == ["a"]
    assert "b is not here: no run of it finished in TensorFlow." in found.notes


def test_an_unequal_machine_network_or_setting_is_said(run, section):
    run("a", TORCH, 0, settings={"rate": 1, "norm": "batch"}, environment={"cpu": "X"})
    run("a", FLOW, 0, settings={"rate": 2, "norm": "batch"}, environment={"gpu": "Y", "cpu": "X"},
        cost=Cost(10.0, parameters={"G": 8}))  # fmt: skip
    problems = section().problems
    assert problems[0].startswith("The machine was not the same: X in PyTorch, Y in TensorFlow.")
    assert "7 parameters in PyTorch and 8 in TensorFlow: these are not the same" in problems[1]
    assert problems[2] == "a was not set alike: rate 1 in PyTorch and 2 in TensorFlow."


def environments(run, first, second):
    run("a", TORCH, 0, environment=first)
    run("a", FLOW, 0, environment=second)


def test_unequal_threads_are_a_number_that_is_not_the_same(run, section):
    environments(run, {"threads": 1}, {"threads": 2})
    (said,) = section().problems
    assert said.startswith(
        "The number of threads was not the same: 1 in PyTorch, 2 in TensorFlow. What follows"
    )


def test_one_thread_is_singular(run, section):
    environments(run, {"threads": 1}, {"threads": 1})
    assert section().conditions == "PyTorch and TensorFlow, both with 1 thread."


def test_tf32_in_the_words_of_each_framework_is_the_same_precision(run, section):
    told = ("fp32, convolutions in TF32", "fp32, convolutions and products in TF32")
    environments(run, *({"precision": one} for one in told))
    found = section()
    assert found.problems == [] and found.conditions.endswith("both in fp32, convolutions in TF32.")


def test_tf32_in_one_framework_only_is_a_problem(run, section):
    environments(run, {"precision": "fp32"}, {"precision": "fp32, convolutions in TF32"})
    assert (
        section().problems[0].startswith("The precision was not the same: fp32 in PyTorch, fp32,")
    )


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (False, True, "Reproducible kernels ran in none of PyTorch's runs and in all of Tens"),
        (True, False, "Reproducible kernels ran in all of PyTorch's runs and in none of Tens"),
    ],
)
def test_reproducible_kernels_in_one_framework_are_said(run, section, first, second, said):
    environments(run, {"deterministic": first}, {"deterministic": second})
    assert section().problems[0].startswith(said)


def test_kernels_of_old_records_are_not_compared(run, section):
    environments(run, {}, {"deterministic": True})
    found = section()
    assert found.problems == [] and "kernels" not in found.conditions


@pytest.mark.parametrize(("value", "said"), [(True, "with"), (False, "without")])
def test_kernels_that_both_frameworks_had_alike_are_a_condition(run, section, value, said):
    environments(run, {"deterministic": value}, {"deterministic": value})
    assert section().conditions.endswith(f"both {said} reproducible kernels.")


def test_conditions_name_versions_and_what_both_had_alike(twins_section):
    assert twins_section.problems == []
    assert twins_section.conditions == (
        "PyTorch 2.15.0 and TensorFlow 2.21.0, both on AMD EPYC, 2 cores, with 2 threads, in fp32."
    )


def test_a_budget_in_seconds_gives_the_faster_framework_more_steps(run, section):
    run("a", TORCH, 0, used=Used(600))
    run("a", FLOW, 0, used=Used(900))
    assert "(60s): the faster framework takes more steps" in section().steps
    assert "a 600 in PyTorch and 900 in TensorFlow" in section().steps


def test_equal_steps_are_called_equal(run, section):
    for framework in (TORCH, FLOW):
        run("a", framework, 0, used=Used(500), budget="500step")
    assert "the same number of steps" in section().steps


def test_metrics_are_paired_and_judged_after_holm(twins_section):
    by_label = {model.paired.label: model.metrics for model in twins_section.models}
    heads = [line.measure.head for line in by_label["dcgan"]]
    assert heads[:2] == ["random-Inception FD ↓", "style gap closed (%) ↑"]
    first = by_label["dcgan"][0]
    assert first.text == "4.00 (4.00 to 4.00)" and first.verdict == "told apart: PyTorch is better"
    assert by_label["cyclegan-resnet"][0].verdict == "cannot be told apart"
    assert first.pair.test.family == 15  # the pairs of six rows, as in the table of pairs
    gap, kid = by_label["dcgan"][1:3]
    assert gap.pair is kid.pair  # the style gap is KID rescaled


def test_higher_is_better_turns_the_verdict_around(run, section, score_of):
    for seed in range(3):
        for framework, value in ((TORCH, 1.0), (FLOW, 2.0 + seed / 100)):
            found = score_of(value, better="higher")
            run("a", framework, seed, scores={found.metric: found}, curve=())
    assert section().models[0].metrics[0].verdict == "told apart: TensorFlow is better"


def test_a_ratio_beyond_all_meaning_is_bounded(run, section):
    for seed, flow in enumerate([1e-9, 1e9]):
        run("a", TORCH, seed)
        run("a", FLOW, seed, speed=flow)
    found = section()
    assert "under 0.001 to over 1,000" in found.finding
    assert "goes on: its ends are in the table" in found.figure.caption


def test_the_page_has_section_figure_and_no_number_that_is_none(twins, tmp_path):
    folder = shutil.copytree(twins, tmp_path / "r")
    html = build(folder, no_pictures=True).read_text()
    part = re.search(r'<section id="frameworks">.*?</section>', html, re.S)[0]
    assert (folder / "figures/frameworks-speed.svg").exists() and 'role="img"' in part
    assert not re.search(r"\b(nan|inf|None|NaN)\b", part)
    assert part.count("<tbody>") == 4  # costs, and the metrics of three models
    assert 'href="#frameworks"' in html


def test_a_hostile_label_is_escaped_in_text_and_figure(run, section, fake, script_name):
    for framework in (TORCH, FLOW):
        run(script_name, framework, 0, first_losses={script_name: 1.0})
    html = build(fake.finish([script_name], frameworks=[TORCH, FLOW])).read_text()
    assert script_name not in html and "&lt;script&gt;alert(1)" in html


def test_the_csv_has_start_and_compile_seconds(twins):
    table = csv_table.comparison_table(compare(record.read_results(twins)))
    found = table.set_index(["model", "framework"])[["start_seconds", "compile_seconds"]]
    assert tuple(found.loc[("dcgan", FLOW), :]) == (9.4, 12.0)


def test_a_long_label_is_cut_and_its_framework_never(run, fake):
    label = "cyclegan-resnet:norm=group,blocks=6"
    run(label, TORCH, 0)
    run(label, FLOW, 0)
    compared = compare(record.read_results(fake.finish([label])))
    names = [row.shortened(30) for row in compared.rows]
    assert [name.split(" · ")[1] for name in names] == [TORCH, FLOW]
    assert max(map(len, names)) <= 30


def judged(fake, labels):
    results = record.read_results(fake.finish(labels, None, frameworks=[TORCH, FLOW]))
    return verdict.decide(results, compare(results))


def test_a_twin_that_cannot_be_told_from_the_best_is_no_rival(run, fake):
    for seed in range(3):
        run("a", TORCH, seed, 100.0 + seed)
        run("a", FLOW, seed, 100.0 + seed + (-1) ** seed)
        run("b", TORCH, seed, 150.0 + 2 * seed)
    found = judged(fake, ["a", "b"])
    assert found.kind == "winner"
    assert found.text.startswith("Use a · pytorch: random-Inception FD 101.0, better than b")
    assert "a · tensorflow, the same model, cannot be told from it." in found.text


def test_a_twin_with_too_few_seeds_in_common_is_called_that_and_not_equal(run, fake):
    for seed in range(3):
        run("a", TORCH, seed, 100.0 + seed)
        run("a", FLOW, seed + 2, 120.0 + seed)
        run("b", TORCH, seed, 150.0 + 2 * seed)
    said = judged(fake, ["a", "b"]).text
    assert "a · tensorflow, the same model, shares too few finished seeds with it." in said


def test_a_hint_from_one_seed_names_another_model_and_not_the_twin(run, fake):
    for label, level in (("a", 100.0), ("b", 150.0)):
        run(label, TORCH, 0, level)
        run(label, FLOW, 0, level + 1)
    found = judged(fake, ["a", "b"])
    assert found.kind == "hint" and "against 150.0 for b · pytorch" in found.text


def test_twins_alone_have_no_winner(run, fake):
    for seed in range(3):
        run("a", TORCH, seed, 100.0 + seed)
        run("a", FLOW, seed, 100.0 + seed + (-1) ** seed)
    assert judged(fake, ["a"]).kind == "no_winner"


def test_models_are_counted_once_and_not_once_a_framework(run, fake):
    for label in ("a", "b"):
        for framework in (TORCH, FLOW):
            run(label, framework, 0, 200.0)
    results = record.read_results(fake.finish(["a", "b"], frameworks=[TORCH, FLOW]))
    said = verdict.decide(results, compare(results)).text
    assert said.startswith("Neither of the two models beats the untouched photographs in either")


def test_the_page_of_twins_carries_the_losses_of_step_1(twins):
    results = record.read_results(twins)
    runs = embedded.results_json(results)["runs"]
    assert runs[0]["first_losses"] == {"D": 1.386, "G": 0.812}
