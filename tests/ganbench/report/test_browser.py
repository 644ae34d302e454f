"""The page in headless Chromium: silent, alone, in every theme, on paper, phone, without script."""

import shutil
from pathlib import Path

import pytest

from ganbench.report import build

sync_api = pytest.importorskip("playwright.sync_api")
HIGHEST = (
    "Math.max(...[...document.querySelectorAll('tr, li, h1, .line')].map(e => e.offsetHeight))"
)
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(results: Path, tmp_path_factory) -> Path:
    return build(shutil.copytree(results, tmp_path_factory.mktemp("page") / "r"))


@pytest.fixture
def opened(browser, report):
    """Open a page and, when the test is over, demand that it was silent and asked for nothing."""
    contexts, noise = [], []

    def request(asked):
        if not asked.url.startswith(("data:", "file:")):
            noise.append(asked.url)

    def visit(path=report, fragment="", **options):
        context = browser.new_context(**options)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: noise.append(message.text))
        tab.on("pageerror", lambda error: noise.append(str(error)))
        tab.on("dialog", lambda dialog: (noise.append("dialog"), dialog.dismiss()))
        tab.on("request", request)
        tab.goto(path.as_uri() + fragment)
        return tab

    yield visit
    for context in contexts:
        context.close()
    assert noise == []


def test_console_is_empty_and_nothing_is_requested(opened):
    tab = opened()
    assert tab.locator("h1").inner_text().startswith("Use cyclegan-resnet")
    broken = "[...document.images].filter(i => !i.complete || !i.naturalWidth).length"
    assert tab.evaluate(broken) == 0


def test_the_policy_forbids_to_fetch_and_to_inject(browser, report):
    tab = browser.new_context().new_page()
    said = []
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(report.as_uri())
    refused = "fetch('https://example.invalid/x').then(() => 'sent', () => 'refused')"
    assert tab.evaluate(refused) == "refused"
    tab.evaluate(
        "const s = document.createElement('script'); s.textContent = 'window.bad = 1';"
        "document.body.append(s)"
    )
    assert tab.evaluate("window.bad") is None
    assert any("Content Security Policy" in text for text in said)
    tab.context.close()


@pytest.mark.parametrize(("theme", "ground"), [("light", "252, 251, 248"), ("dark", "21, 22, 26")])
def test_light_and_dark_reach_text_and_figures(opened, theme, ground):
    tab = opened(color_scheme=theme)
    background = "getComputedStyle(document.documentElement).backgroundColor"
    assert tab.evaluate(background) == f"rgb({ground})"
    colour = "e => getComputedStyle(e).fill"
    label = tab.locator("svg.figure text").first.evaluate(colour)
    other = opened(color_scheme="dark" if theme == "light" else "light")
    assert other.locator("svg.figure text").first.evaluate(colour) != label


@pytest.mark.parametrize("width", [390, 820, 1280])
@pytest.mark.parametrize("script", [True, False])
def test_nothing_overflows_the_page(opened, width, script):
    tab = opened(viewport={"width": width, "height": 844}, java_script_enabled=script)
    if script:
        tab.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.locator("main").bounding_box()["width"] <= width


def test_without_script_pairs_stand_side_by_side_and_the_film_has_three_frames(opened):
    tab = opened(java_script_enabled=False)
    before = tab.locator("#before").bounding_box()
    after = tab.locator("#after").bounding_box()
    assert after["x"] >= before["x"] + before["width"] and after["y"] == before["y"]
    assert tab.locator(".film").first.locator(".stills img:visible").count() == 3
    assert tab.locator(".screen:visible, button:not(.why):visible, select:visible").count() == 0
    names = tab.locator("table.main:not(.beyond) tbody.models th .model").all_inner_texts()
    assert [name.strip() for name in names] == ["cyclegan-resnet", "cyclegan-unet", "dcgan"]


def test_a_head_sorts_the_models_and_leaves_the_fixed_lines(opened):
    tab = opened()
    tab.get_by_role("button", name="pictures/s").click()
    names = tab.locator("table.main:not(.beyond) tbody th").all_inner_texts()
    order = [name.split("\n")[0].strip() for name in names]
    assert order[1:4] == ["cyclegan-resnet", "cyclegan-unet", "dcgan"]
    tab.get_by_role("button", name="pictures/s").click()
    assert "dcgan" in tab.locator("tbody.models th").first.inner_text()
    head = tab.locator("th", has=tab.get_by_role("button", name="pictures/s"))
    assert head.get_attribute("aria-sort") == "descending"
    assert (
        "one half of the real paintings"
        in tab.locator("table.main:not(.beyond) tbody th").first.inner_text()
    )


def test_a_head_of_the_second_table_sorts_only_that(opened):
    tab = opened()
    tab.locator("table.beyond").get_by_role("button", name="recall").click()
    tab.locator("table.beyond").get_by_role("button", name="recall").click()
    second = tab.locator("table.beyond tbody.models th").all_inner_texts()
    assert [name.strip() for name in second] == ["cyclegan-resnet", "cyclegan-unet", "dcgan"]
    tab.locator("table.beyond").get_by_role("button", name="recall").click()
    assert "dcgan" in tab.locator("table.beyond tbody.models th").first.inner_text()
    assert "resnet" in tab.locator("table.main tbody.models th").first.inner_text()


def test_one_slider_moves_every_film_and_the_link_remembers(opened):
    tab = opened(fragment="#t=3")
    places = "[...document.querySelectorAll('.screen img')].map(i => i.style.objectPosition)"
    first = tab.evaluate(places)
    assert tab.locator("#time").input_value() == "3" and len(first) == 3
    tab.locator("#time").press("ArrowRight")
    assert all(a != b for a, b in zip(first, tab.evaluate(places), strict=True))
    assert "t=4" in tab.evaluate("location.hash")


def test_before_and_after_follow_the_chosen_model_and_the_keyboard(opened):
    tab = opened(fragment="#model=cyclegan-unet")
    assert tab.locator("#after-name").inner_text() == "cyclegan-unet"
    shown = tab.locator("#after").get_attribute("src")
    tab.locator("#model").select_option("cyclegan-resnet")
    assert tab.locator("#after").get_attribute("src") != shown
    assert "model=cyclegan-resnet" in tab.evaluate("location.hash")
    tab.locator("#wipe").press("ArrowRight")
    assert tab.evaluate("document.querySelector('.stage').style.getPropertyValue('--cut')") == "51%"


def test_a_number_says_why_on_focus_and_closes_with_escape(opened):
    tab = opened()
    number, sheet = tab.locator("#models-table .why").first, tab.locator(".because").first
    assert number.get_attribute("aria-expanded") == "false" and sheet.is_hidden()
    tab.locator("#models-table thead button:visible").last.focus()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "why" and sheet.is_visible()
    sync_api.expect(number).to_have_attribute("aria-expanded", "true")
    told = sheet.inner_text()
    assert "300 against 300 pictures" in told and "ganbench score --check quick/" in told
    tab.keyboard.press("Escape")
    assert sheet.is_hidden()
    sync_api.expect(number).to_have_attribute("aria-expanded", "false")
    tab.keyboard.press("Tab")
    assert tab.locator(".because:visible").count() == 1 and sheet.is_hidden()


@pytest.mark.parametrize("script", [True, False])
def test_a_number_says_why_on_click_with_and_without_script(opened, script):
    tab = opened(java_script_enabled=script, viewport={"width": 390, "height": 844})
    assert tab.locator(".because:visible").count() == 0
    tab.locator("#models-table .why").first.click()
    sheet = tab.locator(".because:visible")
    assert sheet.count() == 1 and "Inception 2015-12-05" in sheet.inner_text()
    box = sheet.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] + box["height"] <= 845


def test_paper_is_light_and_open_with_pairs_side_by_side(opened):
    tab = opened(color_scheme="dark")
    tab.emulate_media(media="print")
    background = "getComputedStyle(document.documentElement).backgroundColor"
    assert tab.evaluate(background) == "rgb(252, 251, 248)"
    before, after = tab.locator("#before").bounding_box(), tab.locator("#after").bounding_box()
    assert after["x"] >= before["x"] + before["width"]
    assert tab.locator(".js:visible, select:visible, input:visible, nav:visible").count() == 0
    assert tab.locator(".stills img:visible").count() == 9
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.locator("details:not([open])").count() == 0
    assert len(tab.pdf(format="A4")) > 100_000


def test_a_model_called_script_is_only_a_name(opened, make_three, tmp_path, script_name):
    labels = [script_name, '"><img src=x onerror=alert(2)>', "cyclegan-unet", "$x$ & co"]
    tab = opened(build(make_three(tmp_path / "r", labels=labels)))
    assert script_name in tab.locator("body").inner_text()
    assert tab.locator("script").count() == 2
    assert tab.locator("img[onerror]").count() == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_payloads_in_every_text_neither_run_nor_ask_nor_move_anything(opened, poisoned, width):
    tab = opened(poisoned / "report.html", viewport={"width": width, "height": 844})
    tab.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    for more in tab.locator("button.columns:visible").all():
        more.click()
    for head in tab.locator("thead button").all()[:4]:
        head.click()
    tab.locator("#model").select_option(index=1)
    tab.locator("#play").click()
    tab.locator("#photograph").select_option(index=1)
    tab.wait_for_timeout(300)
    assert tab.evaluate("window.pwned") is None
    assert tab.locator("script").count() == 2
    assert tab.locator("[onerror], [onload], [onmouseover], a:not([href^='#'])").count() == 0
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.evaluate(HIGHEST) < 3000
