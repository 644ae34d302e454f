"""Plugins that a check must refuse, for the one thing that is wrong in each, or must let pass."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ganzoo import conformance, registry
from ganzoo.errors import InputError

EXAMPLE = Path(__file__).parents[2] / "examples" / "tiny_gan.py"
INIT = "self.optimizers = {"
STEP = "        return {"
AVERAGE = "import copy\n        self.average = copy.deepcopy(G)\n        " + INIT
FOLLOW = """        with torch.no_grad():
            for kept, new in zip(self.average.parameters(), G.parameters()):
                kept.lerp_(new, 1e-4)
"""


@pytest.fixture
def answers(tmp_path):
    """What a check says of the example with some of its text replaced: question -> reason."""

    def ask(*changes: tuple[str, str], steps: int = 3) -> dict[str, str]:
        text = EXAMPLE.read_text()
        for found, written in changes:
            assert text.count(found) >= 1
            text = text.replace(found, written, 1)
        file = tmp_path / "my_gan.py"
        file.write_text(text)
        (model,) = registry.select("my-gan", (file,))
        told = conformance.run(model, 16, steps=steps)
        return {answer.question: answer.reason for answer in told if not answer.good}

    return ask


def test_the_example_passes(answers):
    assert answers() == {}


def test_averages_penalties_now_and_then_and_random_shifts_pass():
    file = EXAMPLE.with_name("averaged_gan.py")
    (model,) = registry.select("averaged-gan", (file,))
    answers_ = list(conformance.run(model, 16, steps=17))
    assert [a.question for a in answers_ if not a.good or a.reason] == []


def test_an_average_that_is_not_saved_is_named_however_little_it_has_moved(answers):
    outside = answers((INIT, AVERAGE), (STEP, FOLLOW + STEP))
    (reason,) = outside.values()
    assert "average.0.weight is not what it was when the state was saved" in reason
    assert "`networks`" in reason


def test_an_average_among_the_networks_is_kept_and_needs_no_gradient(answers):
    kept = "copy.deepcopy(G).requires_grad_(False)"
    start = f'import copy\n        self.networks["E"] = {kept}\n        ' + INIT
    follow = FOLLOW.replace("self.average", 'self.networks["E"]')
    optimised = 'for name, net in self.networks.items() if name != "E"'
    assert answers(
        (INIT, start), ("for name, net in self.networks.items()", optimised), (STEP, follow + STEP)
    ) == {}  # fmt: skip


@pytest.mark.parametrize("zero", ["0", "torch.zeros(1)", "__import__('numpy').int64(0)"])
def test_a_count_of_its_own_is_named(answers, zero):
    start = f"self.count = {zero}\n        "
    found = answers((INIT, start + INIT), (STEP, f"        self.count += 1\n{STEP}"))
    (reason,) = found.values()
    assert reason.startswith("count is not what it was") and "`self.steps`" in reason


def test_steps_are_counted_for_everybody_and_draws_differ_from_step_to_step(answers, capsys):
    told = "        print(self.steps, self.random(0).random())\n"
    assert answers((STEP, told + STEP), steps=20) == {}
    first = [line.split() for line in capsys.readouterr().out.splitlines()[:20]]
    assert [step for step, _ in first] == [str(step) for step in range(1, 21)]
    assert len({draw for _, draw in first}) == 20


def test_a_step_that_calls_another_counts_once():
    kind: Any = registry.load(registry.select("tiny-gan", (EXAMPLE,))[0])

    class Twice(kind):
        def step(self, source, target):
            super().step(source, target)
            return super().step(source, target)

    trial = conformance.Trial(Twice, kind.Settings(batch=2), 16)
    trainer = trial.trainer()
    trial.steps(trainer, 1, 2, 3)
    assert trainer.steps == 3
    with pytest.raises(TypeError):
        trainer.step(None)
    trial.steps(trainer, 1)
    assert trainer.steps == 5  # the one that failed, too


def test_dropout_is_no_fault(answers):
    assert answers(("nn.LeakyReLU(0.2), nn.Linear(w, 1)", "nn.Dropout(0.5), nn.Linear(w, 1)")) == {}


def test_pictures_that_use_up_random_numbers_are_one(answers):
    used = "torch.rand(1)\n        return self.draw(self"
    (question,) = answers(
        ("nn.LeakyReLU(0.2), nn.Linear(w, 1)", "nn.Dropout(0.5), nn.Linear(w, 1)"),
        ("return self.draw(self", used),
    )
    assert question == "generate changes nothing that training depends on"


@pytest.mark.parametrize(
    ("losses", "steps", "reason"),
    [
        ('{"D": d_loss, **({"R1": 0.0} if self.steps % 16 == 0 else {}),', 20, "D, G, and later D"),
        ('{**({"R1": 0.0} if self.steps == 1 else {}),', 3, "the losses R1, G, and later G"),
        ('{"D": float("nan") if self.steps == 20 else 0.0,', 20, "loss D is nan"),
        ('{"D": "hello",', 3, "loss D is 'hello', not a number"),
    ],
)
def test_losses_are_looked_at_for_many_steps(answers, losses, steps, reason):
    found = answers(('return {"D": d_loss.detach(),', f"return {losses}"), steps=steps)
    assert reason in next(iter(found.values()))


@pytest.mark.parametrize(
    ("found", "written", "reason"),
    [
        ("learning_rate: float", "learning_rate: int", "the default of learning_rate is not of"),
        ("(frozen=True)", "", "write @dataclass(frozen=True)"),
    ],
)
def test_settings_are_looked_at(answers, found, written, reason):
    (told,) = answers((found, written)).values()
    assert reason in told


def test_settings_that_nothing_reads_are_noted(tmp_path):
    file = tmp_path / "my_gan.py"
    more = "(frozen=True)\nclass Settings:\n    unused: int = 1\n    ema: float = 0.9"
    text = EXAMPLE.read_text()
    file.write_text(text.replace("(frozen=True)\nclass Settings:", more))
    *_, last = conformance.run(registry.select("my-gan", (file,))[0], 16)
    assert last.good and last.reason.startswith("nothing read unused, ema:")
    *_, last = conformance.run(registry.select("tiny-gan", (EXAMPLE,))[0], 16)
    assert not last.reason


def test_a_memory_that_is_no_tensor_is_named(answers):
    memory = "def memory(self):\n        return {'seen': 3}\n\n    def step("
    (reason,) = answers(("def step(", memory)).values()
    assert reason == "memory/seen is a int, not a tensor"


def test_a_model_that_does_not_train_need_not_have_losses(answers):
    assert answers(('return {"D": d_loss.detach(), "G": g_loss.detach()}', "return {}")) == {}


DRAW = 'return self.draw(self.networks["G"], source)'
START = "super().__init__(settings, task)"
LOAD = """

    def load(self, folder):
        super().load(folder)
        for one in self.optimizers.values():
            one.state.clear()
"""


@pytest.fixture
def asked(tmp_path):
    """One question asked of the example with some of its text replaced: the reason, if not good."""

    def ask(question, found: str, written: str, steps: int = 3) -> str:
        text = EXAMPLE.read_text()
        assert text.count(found) == 1
        file = tmp_path / "my_gan.py"
        file.write_text("OTHER = iter(range(99))\n" + text.replace(found, written))
        kind: Any = registry.load(registry.select("my-gan", (file,))[0])
        trial = conformance.Trial(kind, kind.Settings(batch=2, width=8), 16, most=steps)
        answer = conformance._ask(question, trial)
        assert answer.good == (not answer.reason) and "\n" not in answer.question
        return answer.reason

    return ask


@pytest.mark.parametrize(
    ("question", "found", "written", "reason"),
    [
        ("seeds_matter", START, START + "\n        torch.manual_seed(0)", "seeds 0 and 1 give the"),
        ("repeats_itself", START, START + "\n        torch.seed()", "losses differ"),
        ("repeats_itself", DRAW, DRAW + " ^ next(OTHER)", "pictures differ by up to"),
        ("generates_alone_as_in_company", DRAW, DRAW + "[[-1] * len(source)]", "a picture changes"),
        ("generates_alone_as_in_company", DRAW,
         DRAW.replace("source)", "10 * (source - source.mean(0)))"), "a picture changes by"),
        ("generates_pictures", DRAW, DRAW + "[:1]", "generate returned uint8 (1, 16, 16, 3), not"),
        ("generates_pictures", DRAW, DRAW + "[1:]", "generate returned uint8 (0, 16, 16, 3), not"),
        ("generates_pictures", DRAW, DRAW + " / 255", "generate returned float64 (1, 16, 16, 3)"),
        ("generates_pictures", DRAW, "return None", "generate returned NoneType, not uint8"),
        ("losses_are_numbers", 'return {"D": d_loss.detach(), "G": g_loss.detach()}',
         "return [1.0]", "step returned list, not a dict of named losses"),
        ("losses_are_numbers", 'return {"D": d_loss.detach(), "G": g_loss.detach()}',
         'return {"D": float("inf")}', "loss D is inf"),
        ("continues_exactly", DRAW, DRAW + LOAD, "losses differ after load"),
        ("continues_exactly", DRAW, DRAW + " ^ (self.steps == 4 and next(OTHER))",
         "pictures differ by up to"),
        ("schedule_can_be_called", DRAW,
         DRAW + "\n\n    def schedule(self, used):\n        1 / used", "in schedule: ZeroDivision"),
        ("schedule_can_be_called", DRAW,
         DRAW + "\n\n    def schedule(self, used):\n        assert used < 0.9, 'late'", "late"),
        ("generating_changes_nothing", DRAW,
         'self.networks["G"][0].bias.data += 1\n        ' + DRAW, "differ after a call of"),
        ("views_are_pictures", DRAW, DRAW + "\n\n    def views(self, source, target):\n"
         "        return {'back': source}", "back returned float32 (3, 32), not uint8"),
        ("reverse_returns_pictures", DRAW,
         DRAW + "\n\n    def reverse(self, target):\n        return target[1:]",
         "reverse returned uint8 (2, 16, 16, 3), not"),
        ("reverse_returns_pictures", DRAW,
         DRAW + "\n\n    def reverse(self, target):\n        return target", ""),
        ("losses_are_numbers", START, START + "\n        raise SystemExit('no')", "SystemExit: no"),
    ],
)  # fmt: skip
def test_every_question_refuses_what_it_asks_about(asked, question, found, written, reason):
    told = asked(getattr(conformance, question), found, written)
    assert reason in told and bool(told) == bool(reason)


@pytest.mark.parametrize("question", [one.__name__ for one in conformance.QUESTIONS])
def test_every_question_lets_the_example_pass(asked, question):
    assert asked(getattr(conformance, question), DRAW, DRAW) == ""


def test_the_longest_lesson_is_as_long_as_it_is_asked_to_be(asked):
    late = 'return {"D": float("nan") if self.steps == 5 else 0.0}'
    found = 'return {"D": d_loss.detach(), "G": g_loss.detach()}'
    assert asked(conformance.losses_are_numbers, found, late, steps=4) == ""
    assert asked(conformance.losses_are_numbers, found, late, steps=5) == "loss D is nan"


def test_made_up_pictures_fit_and_differ_by_side_and_draw():
    kind: Any = registry.load(registry.select("tiny-gan", (EXAMPLE,))[0])
    trial = conformance.Trial(kind, kind.Settings(latent=5, batch=4), 16)
    made = [trial.pictures(3), trial.pictures(3, 1), trial.pictures(3, side=0)]
    assert {(one.shape, one.dtype.name) for one in made} == {((3, 16, 16, 3), "uint8")}
    assert len({one.tobytes() for one in made}) == 3
    assert np.array_equal(made[0], trial.pictures(3))
    assert trial.sources(2).shape == (2, 5) and trial.sources(2).dtype == np.float32
    assert not np.array_equal(trial.sources(2), trial.sources(2, draw=1))
    assert [trial.trainer(batch=b).settings.batch for b in (None, 2)] == [4, 2]


def test_a_size_that_no_picture_is_made_up_for_and_settings_that_do_not_fit_are_refused():
    (model,) = registry.select("tiny-gan", (EXAMPLE,))
    with pytest.raises(InputError, match="a size divisible by 4, not 18"):
        next(conformance.run(model, 18))
    with pytest.raises(InputError, match='no setting "widht"'):
        next(conformance.run(model, 16, changes={"widht": 8}))
    (dcgan,) = registry.select("dcgan")
    with pytest.raises(InputError, match="cannot draw 16 px"):
        next(conformance.run(dcgan, 16))


def test_views_and_a_way_back_are_asked_about_where_there_are_any(answers):
    more = "\n\n    def {0}(self, *sides):\n        return {1}"
    assert "views returns named pictures, uint8 N H W 3" in answers(
        (DRAW, DRAW + more.format("views", "{'back': sides[0]}"))
    )
    assert "reverse returns uint8 N H W 3" in answers(
        (DRAW, DRAW + more.format("reverse", "sides[0][1:]"))
    )


def test_on_a_cpu_it_is_asked_whether_a_step_can_be_replayed():
    (model,) = registry.select("dcgan")
    changes = {"width": 4, "latent": 4}
    asked = [answer.question for answer in conformance.run(model, 32, changes=changes)]
    assert len(set(asked)) == len(asked) > len(conformance.QUESTIONS)
    assert "a step that is replayed, as on a GPU, is the step that is not" in asked
    assert "every parameter gets a finite gradient" in asked


def test_pictures_in_another_order_than_their_sources_are_refused(answers):
    (reason,) = answers(('"G"], source)', '"G"], source)[::-1]')).values()
    assert "with its neighbours" in reason
