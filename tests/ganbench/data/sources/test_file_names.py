import pytest

from ganbench.data.sources.file_names import LONGEST, Names, safe_name
from ganbench.system.text import printable, shown


@pytest.mark.parametrize(
    "name",
    [
        *("a.jpg", "sub/ü 雪.png", "a..b.png", "n" * 250 + ".jpg", "it's (1) [x] & 50%.png"),
        *("console.png", "auxiliary/com10.png", "lpt.png"),
    ],
)
def test_a_good_name_stays(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("/etc/a.jpg", "etc/a.jpg"),
        ("../../a.jpg", "a.jpg"),
        ("a/../../b.jpg", "a/b.jpg"),
        ("..\\..\\a.jpg", "a.jpg"),
        ('what? "<a>" | b:c*.jpg', "what_ __a__ _ b_c_.jpg"),
        ("con/PRN.jpg", "_con/_PRN.jpg"),
        ("Com1.tar.png", "_Com1.tar.png"),
        ("nul .png", "_nul .png"),
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
    assert safe_name(name) == safe


def test_a_name_too_long_for_a_file_is_cut_and_keeps_its_ending() -> None:
    cut = safe_name("雪" * 200 + ".png")
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


@pytest.mark.parametrize("name", ["n" * 251 + ".jpg", "雪" * 85, "a." + "b" * 253])
def test_longest_names_that_are_alike_stay_short_enough_and_differ(name: str) -> None:
    names = Names()
    taken = [names.take("side", name).removeprefix("side/") for _ in range(12)]
    assert taken[0] == name and len(set(taken)) == 12
    assert all(len(one.encode()) <= LONGEST for one in taken)
    assert name[-4:] != ".jpg" or all(one.endswith(".jpg") for one in taken)


def test_a_path_that_becomes_one_name_is_cut_as_well() -> None:
    names = Names()
    names.take("", "x.png")
    assert len(names.take("", f"x.png/{'n' * 251}.jpg").encode()) <= LONGEST


def test_a_message_has_no_control_letters_and_no_endless_name() -> None:
    assert printable("a\x1b[31m\n雪") == "a_[31m_雪"
    assert shown("n" * 200) == "n" * 200
    assert shown("n" * 201) == "n" * 199 + "…"


def test_nothing_turns_a_line_of_the_terminal_around():
    assert printable("a\u202etxt.exe\u2066") == "a_txt.exe_"
    assert printable("\u0928\u094d\u200d \U0001f468\u200d\U0001f3a8") != ""  # joiners stay
    assert "\u200d" in printable("\U0001f468\u200d\U0001f3a8")
