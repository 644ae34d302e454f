import sys
from pathlib import Path

import pytest

from ganbench.errors import InputError
from ganbench.jobs import InspectJob
from ganbench.planning import inspect_models, plan
from ganzoo import registry

TINY = Path(__file__).parents[3] / "examples" / "tiny_gan.py"


@pytest.fixture
def in_a_package(tmp_path, monkeypatch):
    """The hash of a model that an installed package brings, of whose files one says `text`."""
    folder = tmp_path / "fancy_gans"
    (folder / "parts").mkdir(parents=True)
    for place in (folder, folder / "parts"):
        (place / "__init__.py").write_text("")
    (folder / "tiny.py").write_text(TINY.read_text())
    monkeypatch.syspath_prepend(tmp_path)

    def code(text: str) -> str:
        (folder / "parts" / "nets.py").write_text(text)
        for name in [name for name in sys.modules if name.startswith("fancy_gans")]:
            monkeypatch.delitem(sys.modules, name)
        kind = registry.load(registry.Model("tiny", "fancy_gans.tiny:TinyGAN"))
        return inspect_models._code(kind)

    return code


def test_a_model_is_another_where_any_file_of_its_package_is(in_a_package):
    first = in_a_package("norm = 1")
    assert in_a_package("norm = 1") == first != in_a_package("norm = 2")


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("import os; os._exit(0)", "its process ended with code 0 and without a result"),
        ("import os; os.kill(os.getpid(), 9)", "its process was killed by SIGKILL"),
    ],
)
def test_a_model_that_ends_the_process_that_looks_at_it_is_named(tmp_path, end, words):
    found: list[tuple[registry.Model, dict]] = []
    for name, text in (("well", ""), ("bad", f"        {end}\n")):
        file = tmp_path / f"{name}_gan.py"
        start = "    def step(self, source, target):\n"
        file.write_text(TINY.read_text().replace(start, start + text))
        found += [(registry.select(f"{name}-gan", (file,))[0], {})]
    with pytest.raises(InputError) as caught:
        plan.inspect_here(InspectJob("pytorch", "cpu", 16, "small", tuple(found)))
    assert str(caught.value) == f"bad-gan cannot be looked at: {words}"
