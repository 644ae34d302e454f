import io
import os
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from ganbench.data.load import load_one
from ganbench.data.sources import bounded_read, file_tree, layout
from ganbench.data.sources.bounded_read import (
    UnreadableFile,
    open_zip,
    opened,
    read_entry,
    read_file,
)
from ganbench.errors import InputError

NO_FILE = "a pipe, socket, device or folder, not a file"


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_a_pipe_or_device_is_refused_at_once_also_behind_a_link(pipe: Path, tmp_path: Path) -> None:
    (tmp_path / "zero.jpg").symlink_to("/dev/zero")
    (tmp_path / "link.jpg").symlink_to(pipe)
    for path in (pipe, tmp_path / "link.jpg", tmp_path / "zero.jpg", tmp_path):
        with pytest.raises(UnreadableFile, match=NO_FILE):
            read_file(path)


def test_what_becomes_a_pipe_between_two_looks_is_refused_too(
    pipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    sane = (tmp_path / "file").stat()
    monkeypatch.setattr(Path, "stat", lambda *_, **__: sane)
    with pytest.raises(UnreadableFile, match=NO_FILE):
        opened(pipe)


@pytest.mark.parametrize("name", ["pipe", "pipe.zip", "pipe.tfrec", "pipe.jpg", "pipe.npz"])
def test_a_pipe_on_the_command_line_is_one_sentence(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(InputError, match="is a pipe"):
        layout.one_set(str(tmp_path / name))


def test_no_home_and_a_link_to_itself_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "itself").symlink_to("itself")
    for path in ("~nobody-of-this-name/pictures", str(tmp_path / "itself"), "a\0b", "x" * 9999):
        with pytest.raises(InputError):
            layout.one_set(path)


def test_no_more_is_read_than_the_file_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"x" * 100)
    monkeypatch.setattr(bounded_read, "MOST_BYTES", 99)
    with pytest.raises(UnreadableFile, match="too large"):
        read_file(tmp_path / "a")


def test_an_entry_that_holds_more_than_it_says_is_not_unpacked(tmp_path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", bytes(2**26))
    told = data.getvalue().replace((2**26).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    (tmp_path / "a.zip").write_bytes(told)
    archive = open_zip(tmp_path / "a.zip")
    tracemalloc.start()
    with pytest.raises(UnreadableFile, match="damaged inside the zip"):
        read_entry(archive, "a.png")
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()


def test_methods_without_a_bound_on_what_they_unpack_are_not_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.png", bytes(100))
    with pytest.raises(UnreadableFile, match="packed in another way"):
        read_entry(open_zip(tmp_path / "a.zip"), "a.png")


def test_a_list_of_too_many_entries_is_refused_before_it_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for place in range(11):
            archive.writestr(f"{place}.png", b"")
    assert len(open_zip(tmp_path / "a.zip").namelist()) == 11
    monkeypatch.setattr(bounded_read, "MOST_ENTRIES", 10)
    with pytest.raises(InputError, match="lists more than 10 files"):
        open_zip(tmp_path / "a.zip")


def test_a_folder_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in range(4):
        (tmp_path / f"{place}.png").touch()
    monkeypatch.setattr(file_tree, "MOST_FILES", 3)
    with pytest.raises(InputError, match="holds more than 3 files"):
        layout.one_set(str(tmp_path))


def test_names_that_are_no_text_are_spelled_and_read(tmp_path: Path, make_set) -> None:
    place = make_set("set", 2)
    (place / "0.png").rename(os.fsdecode(os.fsencode(place) + b"/\xff\x1b[2J\n.png"))
    found = load_one(str(place), 16)
    assert found.names == ("1.png", "\\udcff\x1b[2J\n.png")
    assert found.describe()["count"] == 2
