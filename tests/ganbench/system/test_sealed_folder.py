import errno
import os

import pytest

from ganbench.errors import InputError
from ganbench.system import files, sealed_folder


def build(folder, text="text", **more):
    with sealed_folder.building(folder, "note.json", **more) as (draft, told):
        (draft / "below").mkdir()
        (draft / "below/file").write_text(text)
        told["count"] = 1
    return files.read_sealed(folder / "note.json")


@pytest.mark.parametrize("sized", [False, True])
def test_the_note_vouches_for_every_file(tmp_path, sized) -> None:
    told = build(tmp_path / "folder", sized=sized)
    digest = files.sha256(tmp_path / "folder/below/file")
    seal = {"bytes": 4, "sha256": digest} if sized else digest
    assert told == {"count": 1, "files": {"below/file": seal}}
    sealed_folder.check(tmp_path / "folder", told)


@pytest.mark.parametrize("sized", [False, True])
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_damage_is_named(tmp_path, sized, damage) -> None:
    told, file = build(tmp_path / "folder", sized=sized), tmp_path / "folder/below/file"
    if damage == "remove":
        file.unlink()
    else:
        file.write_text({"flip": "tezt", "cut": "tex"}[damage])
    with pytest.raises(InputError, match=r"folder.* is damaged"):
        sealed_folder.check(tmp_path / "folder", told)


@pytest.mark.parametrize(
    "files_", [None, [], {"below/file": None}, {"below/file": {}}, {"../x": ""}]
)
def test_a_note_that_says_something_else_is_damage(tmp_path, files_) -> None:
    told = build(tmp_path / "folder")
    with pytest.raises(InputError):
        sealed_folder.check(tmp_path / "folder", told | {"files": files_})


def test_a_folder_of_another_size_is_not_hashed(tmp_path) -> None:
    told = build(tmp_path / "folder", sized=True)
    os.truncate(tmp_path / "folder/below/file", 2**40)
    with pytest.raises(InputError, match="below/file is damaged"):
        sealed_folder.check(tmp_path / "folder", told, lambda path: pytest.fail("it was read"))


def test_an_error_leaves_what_was_there(tmp_path) -> None:
    build(tmp_path / "folder")
    with (
        pytest.raises(ZeroDivisionError),
        sealed_folder.building(tmp_path / "folder", "note.json") as (draft, _),
    ):
        (draft / "half").write_text("")
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
    assert (tmp_path / "folder/below/file").read_text() == "text"


def test_what_cannot_be_read_back_is_a_failure_to_write(tmp_path, monkeypatch) -> None:
    def fail(path):
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(files, "sha256", fail)
    with pytest.raises(files.WriteError, match="broken"):
        build(tmp_path / "folder")
