import pytest

from ganbench.trackers import names


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("cyclegan-unet:norm=group", "cyclegan-unet_norm_group"),
        ("D_X", "D_X"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "_"),
        ("", "_"),
        ("a\x1b[31mb\n", "a_31mb_"),
        ("C:\\x", "C_x"),
    ],
)
def test_a_part_of_a_name_is_a_plain_files_name(text, kept):
    assert names.part(text) == kept


def test_a_long_name_is_cut():
    assert len(names.part("x" * 10_000)) == names.LONGEST


def test_names_that_would_be_alike_are_numbered():
    assert names.parts(["a:b", "a;b", "A_b", "c"]) == ["a_b", "a_b_2", "A_b_3", "c"]
