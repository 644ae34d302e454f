"""Nothing is cut at any width, in any theme, on paper: every element is measured in Chromium."""

import pytest

WIDTHS = (390, 768, 1280, 1600)
SHEET, HEIGHT = 718, 1000  # pixels between the margins of A4
LARGE = ("twelve", "twins")  # whose pages take longest to make
SUITES = tuple(
    pytest.param(name, marks=[pytest.mark.slow] * (name in LARGE))
    for name in ("one", "usual", *LARGE, "failed")
)
# Whatever is wider than its box, or ends outside the window, and is in nothing that may scroll.
CUT = """() => {
  const found = [];
  const page = document.documentElement;
  if (page.scrollWidth > innerWidth) found.push(`the page: ${page.scrollWidth} px`);
  for (const part of document.querySelectorAll("body *")) {
    if (part.closest("svg") && part.tagName !== "svg") continue;
    if (part.closest("select, .screen, .scroll[role=region][aria-label][tabindex='0']")) continue;
    const box = part.getBoundingClientRect();
    const wide = part.clientWidth && part.scrollWidth > part.clientWidth + 1;
    if (box.width && (wide || box.right > innerWidth + 1 || box.left < -1))
      found.push(`${part.tagName}.${part.className}: ${part.textContent.trim().slice(0, 40)}`);
  }
  return found;
}"""
SCROLLS = """() => [...document.querySelectorAll(".scroll")]
  .filter(box => box.scrollWidth > box.clientWidth + 1)
  .map(box => box.getAttribute("aria-label"))"""
# What must not be cut in two by the end of a sheet.
TALLEST = """() => Math.max(...[...document.querySelectorAll(
  "figure, svg.figure, .kin .one, .failure, .line, tr, .aside")].map(part => part.offsetHeight
  || part.getBoundingClientRect().height))"""
pytestmark = pytest.mark.browser


@pytest.fixture
def opened(browser, suites):
    """Open the report of a suite; when the test is over it must have been silent."""
    contexts, noise = [], []

    def visit(name, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: noise.append(message.text))
        tab.on("pageerror", lambda error: noise.append(str(error)))
        tab.goto(suites(name).as_uri())
        return tab

    yield visit
    for context in contexts:
        context.close()
    assert noise == []


def unfold(tab):
    tab.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", [*SUITES, "poisoned"])
def test_nothing_is_cut_at_any_width(opened, name, theme):
    tab = opened(name, color_scheme=theme)
    unfold(tab)
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 900})
        tab.wait_for_timeout(60)
        assert (width, tab.evaluate(CUT)) == (width, [])
        if width >= 1280 and name != "poisoned":  # whose names alone are wider than columns
            assert tab.evaluate(SCROLLS) == []
        assert [box for box in tab.evaluate(SCROLLS) if "differences between" in box] == []


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("name", SUITES)
def test_nothing_is_cut_on_paper(opened, name, script):
    tab = opened(name, viewport={"width": SHEET, "height": 1000}, java_script_enabled=script)
    tab.emulate_media(media="print")
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    if script or name != "one":  # so many numbers are left to the screen where no script sorts out
        assert tab.evaluate(CUT) == []
        assert tab.evaluate(SCROLLS) == []
    assert tab.evaluate(TALLEST) < HEIGHT


def test_columns_that_make_way_come_back_by_keyboard_and_stay_without_script(opened):
    tab = opened("usual", viewport={"width": 390, "height": 844})
    table, button = tab.locator("#models-table"), tab.locator("button[aria-controls=models-table]")
    flop = table.locator("thead th", has_text="GFLOP/step")
    deciding = table.locator("thead th", has_text="random-Inception FD")
    assert deciding.is_visible() and flop.is_hidden()
    assert button.get_attribute("aria-expanded") == "false"
    assert "more columns" in button.inner_text()
    button.focus()
    tab.keyboard.press("Enter")
    assert flop.is_visible() and button.get_attribute("aria-expanded") == "true"
    assert "scroll sideways" in tab.evaluate(
        "getComputedStyle(document.querySelector('#models-table').parentNode, '::before').content"
    )
    tab.keyboard.press("Enter")
    assert flop.is_hidden()
    still = opened("usual", viewport={"width": 390, "height": 844}, java_script_enabled=False)
    assert still.locator("#models-table thead th", has_text="GFLOP/step").is_visible()
    assert still.locator("button:not(.why):visible").count() == 0


def test_a_question_goes_with_the_last_of_its_columns(opened):
    tab = opened("one", viewport={"width": 1280, "height": 900})
    asked = tab.locator("#beyond-table .groups th").all()
    heads = tab.locator("#beyond-table thead th[data-rank]:visible").count()
    assert sum(int(one.get_attribute("colspan")) for one in asked if one.is_visible()) == heads
    assert 4 <= heads < 40


def test_one_seed_is_said_once(opened):
    tab = opened("one", viewport={"width": 1280, "height": 900})
    assert tab.locator("#table").inner_text().lower().count("one seed a model") == 1
    assert tab.locator("#models-table, #beyond-table").get_by_text("one seed").count() == 0


@pytest.mark.parametrize("name", ["one", "usual", pytest.param("twins", marks=pytest.mark.slow)])
def test_no_plot_stands_beside_an_empty_half(opened, name):
    """Beside every plot there is something for a quarter of its height or more."""
    tab = opened(name, viewport={"width": 1280, "height": 900})
    shares = tab.evaluate("""() => {
      const box = part => part.getBoundingClientRect();
      const shown = "svg.figure, figcaption, table, summary, p, li, h3, img";
      return [...document.querySelectorAll("svg.figure")].map(plot => {
        const own = box(plot), section = plot.closest("section");
        const spans = [...section.querySelectorAll(shown)].filter(part => part !== plot).map(box)
          .filter(b => b.height && (b.left >= own.right - 1 || b.right <= own.left + 1))
          .map(b => [Math.max(b.top, own.top), Math.min(b.bottom, own.bottom)])
          .filter(([top, end]) => end > top).sort(([a], [b]) => a - b);
        let covered = 0, at = own.top;
        for (const [top, end] of spans) {
          covered += Math.max(0, end - Math.max(top, at));
          at = Math.max(at, end);
        }
        return covered / own.height;
      });
    }""")
    assert shares and min(shares) > 0.25, shares
