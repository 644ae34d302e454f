import numpy as np
import pytest

from ganbench import files
from ganbench.errors import InputError


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
