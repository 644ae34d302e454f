import re
from pathlib import Path

import pytest

from ganbench.data.sources import file_tree, wrong_place
from ganbench.errors import InputError


def refused(text: str) -> str:
    with pytest.raises(InputError) as caught:
        file_tree.open_tree(text)
    return f"{caught.value} | {caught.value.hint}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gs://bucket/x", "is an address; .* gcloud storage cp --recursive gs://bucket/x"),
        ("s3://bucket/x", "is an address; .* aws s3 cp --recursive s3://bucket/x"),
        ("HTTPS://example.org/x.zip", "is an address; .* download it first"),
        ("file:///data/x", "write it without file://"),
        ("", "is empty .* variable of the shell"),
        (" ", "is empty"),
        ("$DATA", r"\$DATA stands in it as text"),
        ("${HOME}/no such", r"\$\{HOME\} stands in it"),
        ("%DATA%/x", "%DATA% stands in it"),
        ("~nobody-of-this-name/x", "there is no user ~nobody-of-this-name"),
        ("photos/*.jpg", "is a pattern.* name it: photos/"),
        (r"photos\day", "set apart by / here .* photos/day$"),
        (r"C:\my\photos", "/mnt/c/my/photos, as WSL has it"),
        ("a/b?/[c].png", "is a pattern.* name it: a/$"),
        ("*.jpg", r"is a pattern.* name it: \.$"),
        ("/tmp,/usr", "more than one path.* --source /tmp --target /usr"),
        ("/tmp; /nowhere", "more than one path"),
    ],
)
def test_what_is_no_path_is_refused_with_what_helps(text: str, words: str) -> None:

    assert re.search(words, refused(text))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("x.tar", "unpack it first"),
        ("x.TAR.GZ", "tar -xf"),
        ("x.7z", "7z x"),
        ("x.rar", "7z x"),
        ("files.txt", "name the folder that the pictures are in"),
        ("files.csv", "name the folder that the pictures are in"),
        ("x.parquet", "write its pictures to a folder first"),
        ("x.h5", "write its pictures to a folder first"),
        ("x.npz", "an array file"),
        ("x.mp4", "ffmpeg"),
        ("x.docx", "JPEG, PNG"),
    ],
)
def test_a_file_that_is_no_set_says_what_to_do_with_it(tmp_path: Path, name, words) -> None:
    (tmp_path / name).write_bytes(b"\x00\x01")
    assert words in refused(str(tmp_path / name))


@pytest.mark.parametrize("name", ["a,b", "$DATA", "a*b", "[x]"])
def test_a_folder_that_is_there_is_taken_whatever_it_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "1.png").touch()
    monkeypatch.chdir(tmp_path)
    assert file_tree.open_tree(f"./{name}").names == ("1.png",)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("data.mdb", "lock.mdb"), "write its pictures to a folder"),
        (("readme.md", "labels.csv", "00.parquet"), "write its pictures to a folder"),
        (("a.zip", "b.zip"), "name each zip"),
        (("00000.tar",), "unpack"),
        (("a.txt", "b.md"), "JPEG, PNG"),
    ],
)
def test_a_folder_of_other_things_says_what_to_do_with_them(names, words: str) -> None:
    assert words in wrong_place.advice(names)


def test_a_link_to_nowhere_is_no_mistyped_name(tmp_path: Path) -> None:
    for name, goal in (("dead", "gone"), ("loop", "loop")):
        (tmp_path / name).symlink_to(goal)
        assert f"{name} is a link to {goal}, which is not there" in refused(str(tmp_path / name))
