import pytest

from ganbench.data.naming import Names, inside


@pytest.mark.parametrize(
    "name", ["a.jpg", "sub/ü 雪.png", "a..b.png", "xy:z.png", "n" * 250 + ".jpg"]
)
def test_a_good_name_stays(name: str) -> None:
    assert inside(name) == name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("/etc/a.jpg", "etc/a.jpg"),
        ("../../a.jpg", "a.jpg"),
        ("a/../../b.jpg", "a/b.jpg"),
        ("..\\..\\a.jpg", "a.jpg"),
        ("C:\\a.jpg", "C_/a.jpg"),
        ("/C:/a.jpg", "C_/a.jpg"),
        ("\\\\host\\share\\a.jpg", "host/share/a.jpg"),
        ("a\0b\n.jpg", "a_b_.jpg"),
        ("\udcff.jpg", "_.jpg"),
        (".hidden/.a.jpg", "_hidden/_a.jpg"),
        ("..", "_"),
        ("", "_"),
    ],
)
def test_no_name_leads_out_of_its_folder_or_out_of_sight(name: str, safe: str) -> None:
    assert inside(name) == safe


def test_a_name_too_long_for_a_file_is_cut_and_keeps_its_ending() -> None:
    cut = inside("雪" * 200 + ".png")
    assert len(cut.encode()) < 200 and cut.endswith("雪.png")


def test_files_of_one_name_all_get_one_of_their_own() -> None:
    names = Names()
    taken = [names.take("side", name) for name in ("a.png", "a.png", "a-2.png", "a.png", "A.png")]
    assert taken == [
        *("side/a.png", "side/a-2.png", "side/a-2-2.png", "side/a-3.png", "side/A.png")
    ]
    assert names.take("other", "a.png") == "other/a.png"
    assert names.take("", "a.png") == "a.png"


def test_a_file_system_that_takes_two_names_for_one_gets_two() -> None:
    names = Names(folds_case=True)
    assert [names.take("", name) for name in ("a.png", "A.png")] == ["a.png", "A-2.png"]


def test_a_file_is_never_in_the_way_of_a_folder_nor_a_folder_of_a_file() -> None:
    names = Names()
    assert [names.take("", name) for name in ("x.png", "x.png/y.png")] == ["x.png", "x.png-y.png"]
    assert [names.take("", name) for name in ("z.png/y.png", "z.png")] == ["z.png/y.png", "z-2.png"]
