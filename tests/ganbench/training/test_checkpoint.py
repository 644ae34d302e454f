import ctypes
import errno
import gc
import os
import sys

import numpy as np
import pytest

from ganbench.errors import InputError
from ganbench.system import files
from ganbench.training import checkpoint


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
    assert caught.value.hint == f"remove {tmp_path} to start this run over"
    assert (tmp_path / "checkpoint/weights.bin").read_text() == "x"


def test_a_failing_write_leaves_the_state_before(tmp_path):
    checkpoint.save(tmp_path, _writer("one"), {"steps": 1})

    def fail(folder):
        (folder / "weights.bin").write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        checkpoint.save(tmp_path, fail, {"steps": 2})
    assert checkpoint.find(tmp_path)[1] == {"steps": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint"]  # and its room is free


def test_an_error_of_the_disk_told_in_rust_is_told_as_one_of_the_disk(tmp_path):
    def fail(folder):
        raise ValueError("Error while serializing: I/O error: No space (os error 28)")

    with pytest.raises(files.WriteError, match="No space left on device") as caught:
        checkpoint.save(tmp_path, fail, {})
    assert caught.value.errno == errno.ENOSPC


def test_a_state_of_format_1_is_found(tmp_path):
    checkpoint.save(tmp_path, _writer("one"), {"steps": 1})
    path = tmp_path / "checkpoint/checkpoint.json"
    files.write_json(path, files.read_sealed(path) | {"format": 1})
    assert checkpoint.find(tmp_path)[1] == {"steps": 1}


def test_a_name_in_a_state_that_leads_out_of_it_is_damage(tmp_path):
    checkpoint.save(tmp_path, _writer("one"), {"steps": 1})
    path = tmp_path / "checkpoint/checkpoint.json"
    told = files.read_sealed(path)
    for name in ("../x", "/etc/hostname"):
        files.write_sealed(path, told | {"files": {name: told["files"]["weights.bin"]}})
        with pytest.raises(InputError, match="no name of a file inside"):
            checkpoint.find(tmp_path)


def _failing(real, at):
    left = iter(range(99))

    def call(*arguments, **more):
        if next(left) == at:
            raise OSError(errno.EIO, "broken")
        return real(*arguments, **more)

    return call


@pytest.mark.parametrize("call", ["replace", "rmdir", "unlink"])
def test_no_failure_in_a_save_after_a_damaged_state_costs_the_sound_one(
    tmp_path, monkeypatch, call
):
    for steps in (1, 2):
        checkpoint.save(tmp_path, _writer(str(steps)), {"steps": steps})
    (tmp_path / "checkpoint/weights.bin").write_text("x")
    real = getattr(os, call)
    for at in range(6):
        monkeypatch.setattr(os, call, _failing(real, at))
        try:
            checkpoint.discard_damaged(tmp_path)
            checkpoint.save(tmp_path, _writer("3"), {"steps": 3})
        except OSError:
            pass
        monkeypatch.setattr(os, call, real)
        assert checkpoint.find(tmp_path)[1]["steps"] in (1, 3)


def test_a_sound_state_is_never_discarded(tmp_path):
    checkpoint.save(tmp_path, _writer("one"), {"steps": 1})
    checkpoint.discard_damaged(tmp_path)
    assert checkpoint.find(tmp_path)[1] == {"steps": 1}


def test_a_file_of_another_size_is_damage_without_reading_it(tmp_path, monkeypatch):
    checkpoint.save(tmp_path, _writer("one"), {"steps": 1})
    os.truncate(tmp_path / "checkpoint/weights.bin", 2**40)  # sparse: hashed it takes an hour
    monkeypatch.setattr(files, "sha256", lambda path: pytest.fail("it was read"))
    with pytest.raises(InputError, match=r"weights\.bin is damaged"):
        checkpoint.find(tmp_path)


def test_a_state_of_an_unknown_format_is_one_sentence(tmp_path):
    checkpoint.save(tmp_path, _writer("one"), {"steps": 1})
    path = tmp_path / "checkpoint/checkpoint.json"
    files.write_sealed(path, files.read_sealed(path) | {"format": 99})
    with pytest.raises(InputError, match="has format 99; this ganbench reads 2"):
        checkpoint.find(tmp_path)


class Used(ctypes.Structure):
    """glibc's `struct mallinfo2`: what is handed out, not what the heap keeps for later."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="asks glibc")
def test_a_save_leaves_no_memory_behind(tmp_path):
    from ganzoo.pytorch.dcgan import DCGAN
    from ganzoo.settings import resolve
    from ganzoo.trainer import Task

    mallinfo = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if mallinfo is None:
        pytest.skip("this libc does not tell")
    mallinfo.restype = Used
    settings = resolve(DCGAN.Settings, "dcgan", {"width": 4, "batch": 2})
    trainer = DCGAN(settings, Task(32, 0, "cpu"))
    trainer.step(np.ones((2, settings.latent), np.float32), np.ones((2, 32, 32, 3), np.uint8))

    def used_after(saves):
        for steps in range(saves):
            checkpoint.save(tmp_path, trainer.save, {"steps": steps})
        gc.collect()
        found = mallinfo()
        return np.array([found.uordblks + found.hblkhd, sys.getallocatedblocks()])

    before = used_after(50)
    grown, blocks = (used_after(200) - before) / 200
    assert grown < 500 and blocks < 2


def test_any_failure_of_a_write_leaves_the_state_before(tmp_path):
    checkpoint.save(tmp_path, _writer("one"), {"steps": 1})

    def fail(folder):
        (folder / "weights.bin").write_text("half")
        raise ValueError("a bug of the trainer")

    with pytest.raises(ValueError, match="a bug of the trainer"):
        checkpoint.save(tmp_path, fail, {"steps": 2})
    assert checkpoint.find(tmp_path)[1]["steps"] == 1
