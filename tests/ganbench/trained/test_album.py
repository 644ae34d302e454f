"""The page beside the paintings."""

import pytest
from PIL import Image

from ganbench.system import safe_read
from ganbench.trained import album


@pytest.fixture
def pictures(tmp_path):
    for folder in ("before", "after"):
        (tmp_path / folder).mkdir()
        for number in range(3):
            Image.new("RGB", (900, 30)).save(tmp_path / folder / f"{number}.png")
    return tmp_path


def write(pictures, count, **more):
    shown = [(f"{i % 3}.png", f"{i % 3}.png", None) for i in range(count)]
    return album.write(pictures / "after", pictures / "before", shown, "r", **more).read_text()


def test_few_are_shown_of_many_and_the_page_says_so(pictures):
    page = write(pictures, album.MOST + 5, reverse=False)
    assert page.count("<figure>") == album.MOST
    assert f"The first {album.MOST} are shown" in page
    assert "The first" not in write(pictures, 3, reverse=False)


def test_the_page_can_load_nothing(pictures):
    page = write(pictures, 3, reverse=True)
    assert "default-src 'none'" in page and "<script" not in page
    assert page.index("<span>painting</span>") < page.index("<span>photograph</span>")


def test_what_has_gone_meanwhile_is_passed_over(pictures):
    (pictures / "before" / "1.png").unlink()
    assert write(pictures, 3, reverse=False).count("<figure>") == 2


def test_a_painting_may_be_larger_than_what_else_we_read(pictures, monkeypatch):
    monkeypatch.setattr(safe_read, "LARGEST", 10)
    assert write(pictures, 3, reverse=False).count("<figure>") == 3
