"""axe-core finds nothing on any of our pages, and the keyboard alone reaches every control."""

from pathlib import Path

import pytest
from PIL import Image

from ganbench.data.inspect import inspect_data
from ganbench.report.figures.svg import PALETTE
from ganbench.trained import album

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

GROUNDS = ("paper", "panel")
LEAST = 4.5  # contrast of text to its ground that WCAG 2.2 AA asks for
SMALL = {"width": 390, "height": 844}
LARGE = {"width": 1280, "height": 900}
EVERY = [(theme, size) for theme in ("light", "dark") for size in ("large", "small")]
FIRST = {("usual", "dark", "large"), ("usual", "light", "small"), ("failed", "dark", "small")}
PAGES = [
    pytest.param(name, *look, marks=[pytest.mark.slow] * ((name, *look) not in FIRST))
    for name in ("one", "usual", "twelve", "twins", "failed", "bare", "poisoned")
    for look in EVERY
]
# No impact is left out: what is moderate or minor is mended too.
RUN = """where => axe.run(where || document, {resultTypes: ["violations"]}).then(found =>
  [found.passes.length, found.violations.map(rule => [rule.impact, rule.id, rule.help,
    ...rule.nodes.slice(0, 3).map(node => node.target + " " + node.html.slice(0, 200))])])"""
# All that a person works with and can see, numbered as Tab should find them.
CONTROLS = """() => {
  const wanted = "a[href], button:enabled, input, select, summary, [tabindex='0']";
  const other = part => part.type === "radio" && !part.checked;  // arrow keys go there
  const seen = [...document.querySelectorAll(wanted)]
    .filter(part => part.checkVisibility() && !other(part));
  seen.forEach((part, place) => part.dataset.stop = place);
  return seen.map(part => part.outerHTML.slice(0, 80));
}"""
# What has the focus, and whether a line around it or around its box says so.
FOCUS = """() => {
  const part = document.activeElement;
  if (part === document.body) return [null, false];
  const drawn = one => {
    const style = getComputedStyle(one);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1
      && !/, 0\\)|transparent/.test(style.outlineColor);
  };
  const box = part.closest(".stage");
  return [part.dataset.stop || part.outerHTML.slice(0, 80), drawn(part) || !!box && drawn(box)];
}"""


@pytest.fixture
def opened(browser):
    """Open a page with all that is folded unfolded."""
    contexts = []

    def visit(page: Path, theme="light", viewport=LARGE, unfold=True):
        contexts.append(browser.new_context(color_scheme=theme, viewport=viewport))
        tab = contexts[-1].new_page()
        tab.goto(page.as_uri())
        if unfold:
            tab.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        return tab

    yield visit
    for context in contexts:
        context.close()


def found(tab, where=None):
    """What axe-core finds; it is put in by the debugger, which no policy of the page stops."""
    carrier = pytest.importorskip("axe_playwright_python.base")
    tab.evaluate(carrier.AXE_SCRIPT)
    passed, violations = tab.evaluate(RUN, where)
    assert passed > 3
    return violations


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb as WCAG defines it."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("theme", [0, 1])
def test_every_colour_of_text_stands_out_from_every_ground(theme, ground):
    """axe-core leaves this open in figures, and where boxes lie on each other."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    inks = {name: pair[theme] for name, pair in PALETTE.items() if name not in (*GROUNDS, "rule")}
    under = PALETTE[ground][theme]
    assert {name for name, ink in inks.items() if contrast(ink, under) < LEAST} == set()


def test_axe_finds_what_is_wrong(opened, tmp_path):
    page = tmp_path / "bad.html"
    page.write_text("<!doctype html><title>x</title><img src='data:,'><button></button><h4>y</h4>")
    rules = {rule[1] for rule in found(opened(page))}
    assert {"image-alt", "button-name", "html-has-lang"} <= rules


@pytest.mark.parametrize(("name", "theme", "size"), PAGES)
def test_axe_finds_nothing_in_a_report(opened, suites, name, theme, size):
    tab = opened(suites(name), theme, SMALL if size == "small" else LARGE)
    assert found(tab) == []


@pytest.mark.parametrize(("theme", "size"), EVERY)
def test_axe_finds_nothing_in_the_sheet_of_a_number(opened, suites, theme, size):
    tab = opened(suites("usual"), theme, LARGE if size == "large" else SMALL | {"height": 400})
    tab.locator("#models-table .why").first.click()
    sheet = tab.locator(".because:visible")
    assert sheet.count() == 1
    assert found(tab, f"#{sheet.get_attribute('id')}") == []


@pytest.mark.parametrize(("theme", "size"), EVERY)
def test_axe_finds_nothing_in_an_album_or_in_a_look_at_data(
    opened, two_domains, tmp_path, theme, size
):
    photographs = two_domains / "photo"
    shown = [(file.name, file.name, None) for file in sorted(photographs.iterdir())]
    for name, *_ in shown:
        Image.open(photographs / name).rotate(180).save(tmp_path / name)
    looked = tmp_path / "data.html"
    inspect_data(str(two_domains), None, None, 32, looked)
    for page in (album.write(tmp_path, photographs, shown, "a run", False), looked):
        assert found(opened(page, theme, SMALL if size == "small" else LARGE)) == []


def walk(tab, key, steps):
    """Press `key` so many times: at what it stops each time, and whether that can be seen."""
    stops = []
    for _ in range(steps):
        tab.keyboard.press(key)
        stops.append(tuple(tab.evaluate(FOCUS)))
    return stops


@pytest.mark.parametrize("viewport", [LARGE, SMALL])
@pytest.mark.parametrize(
    "name", ["usual", *(pytest.param(name, marks=pytest.mark.slow) for name in ("twins", "failed"))]
)
def test_tab_reaches_every_control_in_order_shows_it_and_gets_out(opened, suites, name, viewport):
    tab = opened(suites(name), viewport=viewport)
    controls = tab.evaluate(CONTROLS)
    assert {part.split()[0].strip("<>") for part in controls} >= {"a", "button", "div", "pre"}
    *stops, (last, _) = walk(tab, "Tab", len(controls) + 1)
    assert [stop for stop, _ in stops] == [str(place) for place in range(len(controls))]
    assert [controls[int(stop)] for stop, shown in stops if not shown] == []
    assert last is None
    assert walk(tab, "Shift+Tab", len(controls)) == stops[::-1]


def test_keys_alone_sort_unfold_and_play(opened, suites):
    tab = opened(suites("usual"), unfold=False)
    head = tab.locator("#models-table thead button").first
    head.focus()
    tab.keyboard.press("Enter")
    assert tab.locator("#models-table th[aria-sort=ascending]").inner_text().startswith("model")
    folded = tab.locator("details:not([open]) > summary")
    count = folded.count()
    folded.first.focus()
    tab.keyboard.press("Space")
    assert folded.count() == count - 1
    tab.locator("#play").focus()
    tab.keyboard.press("Space")
    assert tab.locator("#play").get_attribute("aria-pressed") == "true"


def test_a_sheet_that_is_higher_than_its_room_is_read_and_left_by_keys(opened, suites):
    tab = opened(suites("usual"), viewport=SMALL | {"height": 400})
    number, sheet = tab.locator("#models-table .why").first, tab.locator(".because").first
    tab.locator("#models-table thead button:visible").last.focus()
    tab.keyboard.press("Tab")
    assert number.evaluate("part => part === document.activeElement") and sheet.is_visible()
    sync_api.expect(sheet).to_have_attribute("tabindex", "0")
    tab.keyboard.press("Tab")
    assert sheet.evaluate("part => part === document.activeElement")
    tab.keyboard.press("End")
    assert any(tab.wait_for_timeout(100) or sheet.evaluate("s => s.scrollTop") for _ in range(50))
    tab.keyboard.press("Tab")
    assert sheet.is_hidden()
    assert tab.evaluate("document.activeElement.className") == "why"
