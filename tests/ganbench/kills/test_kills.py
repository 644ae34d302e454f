"""kill -9 at random moments: what a run leaves in the end is bit for bit that of no kill at all.

The moments are drawn over the life of an undisturbed run that saves after every step: building,
warm-up, steps, checkpoints, the last pictures. A failing test shows where each kill hit, and
GANBENCH_KILL_SEED, which draws the same moments again.
"""

from typing import Any

import pytest

MODELS = ("dcgan", "cyclegan-unet", "cyclegan-resnet")
KILLS, IN_A_ROW = 12, 4  # of each model, in the slow tests
SHORT, LONG = 20, 60  # steps
PLACES = {SHORT: (1, 3, 7, 11, 16, 19), LONG: (1, 7, 20, 33, 50, 59)}

TORCH = [pytest.param("pytorch", model) for model in MODELS]
TENSORFLOW = [pytest.param("tensorflow", model, marks=pytest.mark.tensorflow) for model in MODELS]


def of(*cases) -> pytest.MarkDecorator:
    """A test for each framework and model named."""
    return pytest.mark.parametrize(
        ("nursery", "model"), cases, indirect=["nursery"], scope="session"
    )


@of(*TORCH, TENSORFLOW[0])  # compiling the others takes too long for every change
def test_a_killed_run_ends_like_an_undisturbed_one(nursery, torment, model):
    kills, blows = 1 if nursery.framework == "pytorch" else 3, 0
    while blows < kills:
        blows += len(torment(model, SHORT, kills - blows))


@of(*TORCH)
def test_a_run_stopped_at_six_places_ends_the_same(nursery, undisturbed, job_of, results_of, model):
    job = job_of(model, SHORT, checkpoint_seconds=60.0)
    for place in PLACES[SHORT]:
        assert nursery.live(job, stop_at=place).step == place
    nursery.live(job)
    assert results_of(job, SHORT) == undisturbed(model, SHORT)[0]


@pytest.mark.parametrize(
    ("nursery", "model", "forgetting"),
    [
        ("pytorch", "dcgan", "torch:set_rng_state"),
        ("pytorch", "cyclegan-resnet", "ganzoo.pytorch.cyclegan:CycleGAN.remember"),
    ],
    indirect=["nursery"],
    scope="session",
)
def test_a_resume_that_forgets_something_is_noticed(
    nursery, undisturbed, job_of, results_of, model, forgetting
):
    job = job_of(model, SHORT)
    nursery.live(job, stop_at=7)
    nursery.live(job, forgetting=forgetting)
    assert results_of(job, SHORT) != undisturbed(model, SHORT)[0]


@pytest.mark.slow
@of(*TORCH, *TENSORFLOW)
def test_runs_killed_many_times_end_like_undisturbed_ones(nursery, torment, model):
    blows: list[Any] = []
    while len(blows) < KILLS:
        blows += torment(model, LONG, min(IN_A_ROW, KILLS - len(blows)))
    midway = [blow.step for blow in blows if 0 < blow.step < LONG]
    assert len(midway) >= KILLS // 4


@pytest.mark.slow
@of(*TORCH, *TENSORFLOW)
def test_saving_after_every_step_changes_nothing(nursery, undisturbed, job_of, results_of, model):
    job = job_of(model, LONG, checkpoint_seconds=60.0)
    nursery.live(job)
    assert results_of(job, LONG) == undisturbed(model, LONG)[0]


@pytest.mark.slow
@of(*TORCH, *TENSORFLOW)
@pytest.mark.parametrize("place", PLACES[LONG])
def test_saving_at_any_place_gives_the_same_end(
    nursery, undisturbed, job_of, results_of, model, place
):
    job = job_of(model, LONG, checkpoint_seconds=60.0)
    assert nursery.live(job, stop_at=place).step == place
    nursery.live(job)
    assert results_of(job, LONG) == undisturbed(model, LONG)[0]
