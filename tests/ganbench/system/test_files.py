import errno
import os
import time
from pathlib import Path

import numpy as np
import pytest

from ganbench.errors import InputError
from ganbench.system import atomic, files, safe_read


def test_what_is_written_is_moved_in_place_whole(tmp_path):
    path = tmp_path / "a" / "b.json"
    files.write_json(path, {"ü": 1})
    assert files.read_json(path) == {"ü": 1}
    assert [p.name for p in path.parent.iterdir()] == ["b.json"]


def test_a_failure_leaves_the_old_file_and_no_draft(tmp_path):
    path = tmp_path / "file.txt"
    files.write_text(path, "old")
    with pytest.raises(RuntimeError), files.building(path) as draft:
        draft.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]


def test_a_folder_replaces_a_folder(tmp_path):
    for text in ("one", "two"):
        with files.building(tmp_path / "set") as draft:
            draft.mkdir()
            (draft / "x").write_text(text)
    assert (tmp_path / "set/x").read_text() == "two"
    assert [p.name for p in tmp_path.iterdir()] == ["set"]


def test_a_number_that_is_none_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        files.write_json(tmp_path / "x.json", {"value": float("nan")})


def test_an_array_is_never_unpickled(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="not a readable"):
        files.read_array(path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe"])
def test_damaged_json_is_one_sentence(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not readable JSON"):
        files.read_json(path)


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write to"):
        files.ensure_writable(tmp_path / "file" / "results")


def test_a_sealed_file_reads_back_and_begins_with_its_digest(tmp_path):
    path = tmp_path / "x.json"
    files.write_sealed(path, {"name": "ü", "list": [1.5]})
    assert path.read_text().startswith('{\n "sha256": "')
    assert files.read_sealed(path) == {"name": "ü", "list": [1.5]}


@pytest.mark.parametrize("change", [("1.5", "1.6"), ('"name"', '"game"'), ("sha256", "sha257")])
def test_a_changed_sealed_file_is_refused_even_where_old_ones_are_read(tmp_path, change):
    path = tmp_path / "x.json"
    files.write_sealed(path, {"format": 2, "name": "x", "list": [1.5]})
    path.write_text(path.read_text().replace(*change))
    for old in (False, True):
        with pytest.raises(InputError, match="is damaged"):
            files.read_sealed(path, old)


def test_a_file_from_before_seals_is_read_only_where_that_is_allowed(tmp_path):
    path = tmp_path / "x.json"
    files.write_json(path, {"name": "x"})
    assert files.read_sealed(path, old=True) == {"name": "x"}
    with pytest.raises(InputError, match="is damaged"):
        files.read_sealed(path)


STRANGE = {
    "nested too deep": "[" * 100_000,
    "nested too": "[" * 100 + "]" * 100,
    "too large a number": '{"step": 1' + "0" * 5000 + "}",
    "1000000000000000000000": "[1000000000000000000000000]",
    "1e999": "[1e999]",
    "NaN is no number": "[NaN]",
    "-Infinity": "[-Infinity]",
    "surrogates": '["\\ud800"]',
}


@pytest.mark.parametrize("words", STRANGE)
def test_json_of_a_stranger_that_is_beyond_bounds_is_one_sentence(tmp_path, words):
    path = tmp_path / "x.json"
    path.write_text(STRANGE[words])
    with pytest.raises(InputError, match="not readable JSON") as caught:
        files.read_json(path)
    assert len(str(caught.value)) < 300 + len(str(path)) and "\n" not in str(caught.value)


@pytest.mark.parametrize("read", [files.read_json, files.read_sealed, files.read_array])
def test_nothing_but_a_regular_file_is_opened(tmp_path, read):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "pipe", tmp_path / "link", tmp_path / "folder", "/dev/zero"):
        with pytest.raises(InputError, match="not a regular file"):
            read(Path(path))


def test_a_json_file_that_is_too_large_is_not_parsed(tmp_path, monkeypatch):
    monkeypatch.setattr(safe_read, "LARGEST", 10)
    (tmp_path / "x.json").write_text("[" + " " * 20 + "]")
    with pytest.raises(InputError, match="larger than"):
        files.read_json(tmp_path / "x.json")


def test_a_header_that_promises_more_than_the_file_holds_is_one_sentence(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((4, 4), np.uint8))
    for shape in (b"(4, 5)", b"(-4, 4)", b"(4**9,)", b"(10**18, 10**18)"):
        path.write_bytes(path.read_bytes().replace(b"(4, 4)", shape))
        with pytest.raises(InputError, match="not a readable"):
            files.read_array(path)
        np.save(path, np.zeros((4, 4), np.uint8))


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../../x", "/etc/hostname", "C:\\x", "..\\x", "\\\\server\\x", "", ".", "out",
     "loop/x", "a\0b", None, 7, "x" * 300, "x/" * 2500, "\ud800"],
)  # fmt: skip
def test_a_name_that_leaves_its_folder_is_refused(tmp_path, name):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "out").symlink_to(tmp_path)
    (folder / "loop").symlink_to("loop")
    with pytest.raises(InputError, match="no name of a file inside"):
        files.inside(folder, name)


@pytest.mark.parametrize("name", ["x.npy", "samples/step 1.npy", "ü/ö", "..x", "nowhere/at all"])
def test_a_name_within_its_folder_is_its_path(tmp_path, name):
    assert files.inside(tmp_path, name) == tmp_path / name


def test_a_full_disk_is_one_sentence_that_names_the_place_not_the_draft(tmp_path, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(files.WriteError) as caught:
        files.write_text(tmp_path / "x.txt", "new")
    assert str(caught.value) == f"cannot write {tmp_path / 'x.txt'}: No space left on device"
    assert caught.value.errno == errno.ENOSPC and list(tmp_path.iterdir()) == []


def test_the_first_error_is_told_not_that_of_the_clean_up(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic, "remove", lambda path: 1 // 0)
    with pytest.raises(RuntimeError, match="first"), files.building(tmp_path / "x"):
        monkeypatch.setattr(atomic, "remove", lambda path: (path / "no").unlink())
        raise RuntimeError("first")


def test_pictures_on_a_full_disk_are_an_error_and_not_the_end_of_the_process(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic, "_beside", lambda path: Path("/dev/full"))
    monkeypatch.setattr(atomic, "remove", lambda path: None)
    with pytest.raises(files.WriteError, match="No space left on device"):
        files.write_pictures(tmp_path / "x.npy", (1, 4, 4, 3), [np.zeros((1, 4, 4, 3), np.uint8)])


def test_all_is_on_the_disk_before_it_is_moved_and_the_folder_after(tmp_path, monkeypatch):
    calls = []
    sync, replace = atomic._sync_one, os.replace
    monkeypatch.setattr(atomic, "_sync_one", lambda path: (calls.append(path.name), sync(path)))
    monkeypatch.setattr("os.replace", lambda *two: (calls.append("moved"), replace(*two)))
    with files.building(tmp_path / "set") as draft:
        draft.mkdir()
        (draft / "x").write_text("written past this module")
    assert calls == ["x", draft.name, "moved", tmp_path.name]


def test_a_folder_of_many_files_is_synced_in_one_go(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(atomic, "MANY", 2)
    monkeypatch.setattr("os.sync", lambda: calls.append("all"))
    monkeypatch.setattr(atomic, "_sync_one", lambda path: calls.append(path.name))
    with files.building(tmp_path / "set") as draft:
        draft.mkdir()
        for name in "abc":
            (draft / name).write_text(name)
    assert calls == ["all", draft.name, tmp_path.name]


def test_a_folder_that_cannot_take_the_place_of_another_leaves_that_one(tmp_path, monkeypatch):
    with files.building(tmp_path / "set") as draft:
        draft.mkdir()
        (draft / "x").write_text("old")
    replace = os.replace

    def fail_once(one, two):
        if Path(two).name == "set" and not str(one).endswith(".old"):
            raise OSError(errno.EIO, "broken")
        replace(one, two)

    monkeypatch.setattr("os.replace", fail_once)
    with pytest.raises(files.WriteError), files.building(tmp_path / "set") as draft:
        draft.mkdir()
    assert [p.name for p in tmp_path.iterdir()] == ["set"]
    assert (tmp_path / "set/x").read_text() == "old"


def test_drafts_of_the_dead_are_swept_and_those_at_work_are_not(tmp_path):
    dead, at_work, strangers = ".x.json.0badcafe", ".x.json.1badcafe", ".x.json.notes"
    for name in (dead, at_work, ".y.json.2badcafe", strangers):
        (tmp_path / name).write_text("half")
    long_ago = time.time() - 2 * atomic.FORGOTTEN
    for name in (dead, strangers):
        os.utime(tmp_path / name, (long_ago, long_ago))
    files.write_json(tmp_path / "x.json", 1)
    kept = {at_work, ".y.json.2badcafe", strangers, "x.json"}
    assert {p.name for p in tmp_path.iterdir()} == kept


def test_whoever_owns_a_folder_sweeps_all_of_it(tmp_path):
    draft = tmp_path / "samples" / ".x.npy.0badcafe"
    draft.mkdir(parents=True)
    (draft / "part").write_text("")
    (tmp_path / ".lock").write_text("mine")
    files.sweep_all(tmp_path)
    assert {p.name for p in tmp_path.rglob("*")} == {"samples", ".lock"}


def test_lines_come_whole_or_not_at_all_and_never_onto_a_torn_one(tmp_path, monkeypatch):
    path = tmp_path / "log"
    path.write_text("one\ntw")
    files.append_text(path, "three\n")
    assert path.read_text() == "one\ntw\nthree\n"
    write = files._write_all

    def half(file, data):
        write(file, data[:2])
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(files, "_write_all", half)
    with pytest.raises(files.WriteError, match="cannot write"):
        files.append_text(path, "four\n")
    assert path.read_text() == "one\ntw\nthree\n"


def _grow(path):
    with files.growing(path, 0) as append:
        append(b"new")


@pytest.mark.parametrize("write", [lambda path: files.append_text(path, "new\n"), _grow])
@pytest.mark.parametrize("kind", ["link", "link to nowhere", "pipe"])
def test_what_grows_is_a_regular_file_and_no_link(tmp_path, write, kind):
    path, elsewhere = tmp_path / "log", tmp_path / "elsewhere"
    if kind == "link":
        elsewhere.write_text("mine")
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(elsewhere)
    with pytest.raises(files.WriteError, match="cannot write"):
        write(path)
    assert not elsewhere.exists() or elsewhere.read_text() == "mine"


def test_a_link_that_appears_after_the_look_is_not_followed(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").write_text("mine")
    (tmp_path / "log").symlink_to("elsewhere")
    monkeypatch.setattr(Path, "is_symlink", lambda path: False)
    with pytest.raises(files.WriteError, match="cannot write"):
        files.append_text(tmp_path / "log", "new\n")
    assert (tmp_path / "elsewhere").read_text() == "mine"


def test_what_is_discarded_is_gone_once_and_for_all(tmp_path):
    made, link = tmp_path / "set", tmp_path / "link"
    made.mkdir()
    (made / "x").write_text("mine")
    link.symlink_to(made)
    atomic.remove(link)
    assert not link.is_symlink() and (made / "x").read_text() == "mine"
    for _ in range(2):  # what is not there is discarded too
        files.discard(made)
        assert list(tmp_path.iterdir()) == []
    files.discard(tmp_path / "nowhere" / "set")
    assert not (tmp_path / "nowhere").exists()
