import pytest

from ganbench import checkpoint
from ganbench.errors import InputError


def _writer(text):
    def write(folder):
        (folder / "weights.bin").write_text(text)

    return write


def test_the_newest_sound_state_is_found(tmp_path):
    checkpoint.save(tmp_path, _writer("one"), {"steps": 1})
    checkpoint.save(tmp_path, _writer("two"), {"steps": 2})
    path, state, problems = checkpoint.find(tmp_path)
    assert ((path / "weights.bin").read_text(), state, problems) == ("two", {"steps": 2}, [])


def test_no_checkpoint_is_none(tmp_path):
    assert checkpoint.find(tmp_path) is None


@pytest.mark.parametrize("damage", ["flip", "cut", "remove", "no seal", "seal cut"])
def test_a_damaged_state_gives_way_to_the_one_before(tmp_path, damage):
    checkpoint.save(tmp_path, _writer("one"), {"steps": 1})
    checkpoint.save(tmp_path, _writer("two"), {"steps": 2})
    file, seal = tmp_path / "checkpoint/weights.bin", tmp_path / "checkpoint/checkpoint.json"
    if damage == "flip":
        file.write_text("twx")
    elif damage == "cut":
        file.write_text("tw")
    elif damage == "remove":
        file.unlink()
    elif damage == "no seal":
        seal.unlink()
    else:
        seal.write_text(seal.read_text()[:20])
    _, state, problems = checkpoint.find(tmp_path)
    assert state == {"steps": 1}
    assert len(problems) == 1


def test_when_all_are_damaged_that_is_said_and_nothing_is_lost(tmp_path):
    checkpoint.save(tmp_path, _writer("one"), {"steps": 1})
    (tmp_path / "checkpoint/weights.bin").write_text("x")
    with pytest.raises(InputError, match=r"weights\.bin is damaged") as caught:
        checkpoint.find(tmp_path)
    assert "--force" in caught.value.hint
    assert (tmp_path / "checkpoint/weights.bin").read_text() == "x"


def test_a_failing_write_leaves_the_state_before(tmp_path):
    checkpoint.save(tmp_path, _writer("one"), {"steps": 1})

    def fail(folder):
        (folder / "weights.bin").write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        checkpoint.save(tmp_path, fail, {"steps": 2})
    assert checkpoint.find(tmp_path)[1] == {"steps": 1}
