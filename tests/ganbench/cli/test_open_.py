"""`ganbench open`: it names the page always, and whatever the browser does is no failure."""

import webbrowser

import pytest

from ganbench import record


@pytest.fixture
def screen(monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("BROWSER", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", ":0")


@pytest.fixture
def page(tmp_path):
    file = tmp_path / "my results" / "report.html"
    file.parent.mkdir()
    file.write_text("<p>")
    return file


def test_the_page_goes_to_the_browser(ganbench, monkeypatch, screen, page):
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) or True)
    for named in (page.parent, page):
        assert ganbench("open", named) == (0, f"{page}\n", "")
    assert opened == [page.as_uri()] * 2


def test_without_a_screen_no_browser_is_asked(ganbench, monkeypatch, screen, page):
    monkeypatch.delenv("DISPLAY")
    monkeypatch.setattr(webbrowser, "open", lambda url: pytest.fail("it fills the terminal"))
    code, out, err = ganbench("open", page.parent)
    assert (code, err) == (0, "") and out.startswith(f"{page}\n")
    assert f"-m http.server 8000 --bind 127.0.0.1 -d '{page.parent}'" in out


@pytest.mark.parametrize("fault", [webbrowser.Error("no"), OSError("gone"), None])
def test_a_browser_that_fails_is_no_failure(ganbench, monkeypatch, screen, page, fault):
    def fails(url):
        if fault:
            raise fault
        return False

    monkeypatch.setattr(webbrowser, "open", fails)
    code, out, _ = ganbench("open", page.parent)
    assert code == 0 and "http.server" in out


def test_what_is_missing_is_said_with_what_makes_it(ganbench, a_record, tmp_path):
    code, _, err = ganbench("open", tmp_path / "nowhere")
    assert code == 2 and "there is no folder" in err
    code, _, err = ganbench("open", tmp_path)
    assert code == 2 and "no report" in err and "ganbench run" in err
    record.write(tmp_path / "s" / "run", a_record)
    code, _, err = ganbench("open", tmp_path)
    assert code == 2 and f"ganbench report {tmp_path}" in err
