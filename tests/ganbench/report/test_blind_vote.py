"""The blind vote in headless Chromium, from the first key to the page that counts votes.json."""

import html
import json
import random
import re
import shutil
from pathlib import Path

import pytest

from ganbench import record
from ganbench.report import build, page
from ganbench.report.analysis import eye_and_metric, votes
from ganbench.report.analysis.comparison import compare
from ganbench.report.pictures import encoding, vote

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser
ORDER = ("cyclegan-resnet", "cyclegan-unet", "dcgan")
CHOICES = ("neither", "left", "right")
NO_STORE = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } })"


@pytest.fixture(scope="module")
def folder(results: Path, tmp_path_factory) -> Path:
    """The usual suite with its page, but no figures, which take most of the time."""
    made = shutil.copytree(results, tmp_path_factory.mktemp("vote") / "r")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "_figures", lambda _: dict.fromkeys(page.FIGURES))
        build(made)
    return made


@pytest.fixture
def opened(browser, folder):
    """Open the page; when the test is over, demand that it was silent and asked for nothing."""
    contexts, noise = [], []

    def visit(path=folder / "report.html", before="", unfold=True, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: noise.append(message.text))
        tab.on("pageerror", lambda error: noise.append(str(error)))
        allowed = ("data:", "file:", "blob:")
        tab.on("request", lambda asked: asked.url.startswith(allowed) or noise.append(asked.url))
        if before:
            tab.add_init_script(before)
        tab.goto(path.as_uri())
        if unfold:
            tab.locator(".booth summary").click()
        return tab

    yield visit
    for context in contexts:
        context.close()
    assert noise == []


def booth_of(path):
    return json.loads(html.unescape(re.search(r'data-booth="(.*?)"', path.read_text())[1]))


def carried(path):
    found = re.search(r'<script type="application/json" id="results">(.*?)</script>',
                      path.read_text())  # fmt: skip
    return json.loads(found[1])


def keys_for(booth):
    """Whose picture is of the better model by `ORDER`."""
    return ["12"[min((0, 1), key=lambda side: ORDER.index(q["names"][side]))]
            for q in booth["questions"]]  # fmt: skip


def told(tab):
    return tab.locator(".outcome .finding").text_content()


def downloaded(tab, path):
    with tab.expect_download() as download:
        tab.get_by_role("button", name="download votes.json").click()
    assert download.value.suggested_filename == "votes.json"
    download.value.save_as(path)
    return json.loads(path.read_text())


def test_a_key_a_pair_makes_a_file(opened, folder, tmp_path):
    tab = opened()
    booth = booth_of(folder / "report.html")
    assert tab.locator(".progress").inner_text() == "Pair 1 of 21."
    pictures = tab.locator(".ballot > button img")
    sources = []
    for key in keys_for(booth):
        assert tab.locator(".outcome").is_hidden()
        sources.append(pictures.evaluate_all("all => all.map(one => one.src)"))
        tab.keyboard.press(key)
    assert sources == [
        [booth["pictures"][q[side]] for side in ("left", "right")] for q in booth["questions"]
    ]
    assert tab.locator(".ballot").is_hidden() and tab.locator(".outcome").is_visible()
    made = downloaded(tab, tmp_path / "votes.json")
    assert made["ballot"] == booth["ballot"]
    assert [vote["better"] for vote in made["votes"]] == [
        CHOICES[int(key)] for key in keys_for(booth)
    ]


def test_the_page_that_counts_the_file_says_the_same(opened, folder, tmp_path, ganbench):
    tab = opened()
    for key in keys_for(booth_of(folder / "report.html")):
        tab.keyboard.press(key)
    downloaded(tab, tmp_path / "votes.json")
    results = shutil.copytree(folder, tmp_path / "r")
    code, _, err = ganbench("report", results, "--votes", tmp_path / "votes.json")
    assert code == 0 and err.startswith("Use cyclegan-resnet")
    counted = opened(results / "report.html", unfold=False)
    section = counted.locator("#vote")
    assert section.locator(".finding").first.inner_text() == told(tab)
    assert "21 votes of 1 voter" in section.inner_text()
    cells = "tables => tables.map(t => [...t.rows].map(r => [...r.cells].map(c => c.textContent)))"
    table = counted.locator("#vote > .scroll table").evaluate_all(cells)
    assert table == tab.locator(".outcome table").evaluate_all(cells)
    counted.emulate_media(media="print")
    assert section.locator("table:visible").count() == 1
    assert carried(results / "report.html")["votes"]["votes"] == 21


def test_votes_that_cannot_be_counted_end_with_code_2_and_change_nothing(
    folder, tmp_path, ganbench
):
    before = (folder / "report.html").read_bytes()
    booth = booth_of(folder / "report.html")
    first, second = booth["questions"][0]["names"]
    vote = {"question": 1, "left": first, "right": second, "better": "left"}
    whole = {"format": 1, "ballot": booth["ballot"], "suite": "", "voter": "1", "votes": [vote]}
    other = whole | {"ballot": "0" * 16}
    for name, value in (("one.json", whole), ("two.json", whole), ("other.json", other)):
        (tmp_path / name).write_text(json.dumps(value))
    for names, said in (
        (["none.json"], "is not there"),
        (["other.json"], "has the votes of another page"),
        (["one.json", "two.json"], "are of the same voter"),
    ):
        options = [part for name in names for part in ("--votes", tmp_path / name)]
        code, _, err = ganbench("report", folder, *options)
        assert code == 2 and said in err and "Traceback" not in err
    assert (folder / "report.html").read_bytes() == before


def test_the_script_counts_as_the_report_does(opened, folder):
    """The same sentence and the same rates, for votes of every kind."""
    comparison = compare(record.read_results(folder))
    asked = vote.ask(comparison, encoding.Reader())
    ballot = votes.Ballot("", tuple(one.question for one in asked))
    words = eye_and_metric.grammar(comparison, ballot.pairs)
    tab = opened()
    draw = random.Random(1)
    keys = keys_for(booth_of(folder / "report.html"))
    kinds = set()
    for clear in (1.0, 0.9, 0.6, 0.5, 0.1, 0.0):
        cast = [
            0 if draw.random() < 0.1 * (0 < clear < 1) else int(key) if draw.random() < clear
            else 3 - int(key)
            for key in keys
        ]  # fmt: skip
        tab.evaluate(
            "([place, value]) => localStorage.setItem(place, JSON.stringify(value))",
            [f"ganbench-vote-{booth_of(folder / 'report.html')['ballot']}",
             {"voter": "01020304", "votes": cast}],
        )  # fmt: skip
        tab.reload()
        counts = votes.count(ballot, [{k: CHOICES[one] for k, one in enumerate(cast)}])
        assert told(tab) == eye_and_metric.sentence(words, counts)
        kinds.add(told(tab).partition(":")[0])
        cells = "rows => rows.map(row => [...row.cells].slice(1).map(cell => cell.textContent))"
        assert tab.locator(".outcome tbody tr").evaluate_all(cells) == [
            [str(c.wins), str(c.losses), str(c.ties), c.rate, c.verdict] for c in counts
        ]
    assert len(kinds) == 3


def test_names_come_after_the_last_pair_or_when_they_are_asked_for(opened):
    tab = opened(unfold=False)
    assert tab.locator(".ballot").is_hidden()
    tab.keyboard.press("1")
    assert tab.locator(".progress").text_content() == "Pair 1 of 21."
    tab.locator(".booth summary").click()
    shown = tab.locator(".booth").inner_text()
    parts = tab.locator(".ballot").evaluate("part => part.innerHTML.replace(/data:[^\"]*/g, '')")
    assert not any(name in shown or name in parts for name in ORDER)
    assert tab.get_by_role("button", name="show the result").is_disabled()
    tab.keyboard.press("2")
    tab.get_by_role("button", name="show the result").click()
    assert "cyclegan-resnet" in tab.locator(".outcome").inner_text()
    tab.keyboard.press("2")
    assert tab.locator(".progress").inner_text() == "1 of 21 pairs voted on."
    tab.get_by_role("button", name="back to the pairs").click()
    assert tab.locator(".outcome").is_hidden()
    assert tab.locator(".progress").inner_text() == "Pair 2 of 21."


def test_votes_are_kept_undone_and_begun_again(opened):
    tab = opened()
    for key in "1202":
        tab.keyboard.press(key)
    tab.get_by_role("button", name="undo").click()
    tab.reload()
    tab.locator(".booth summary").click()
    assert tab.locator(".progress").inner_text() == "Pair 4 of 21."
    assert tab.evaluate("JSON.parse(Object.values(localStorage)[0]).votes") == [1, 2, 0]
    before = tab.evaluate("JSON.parse(Object.values(localStorage)[0]).voter")
    tab.get_by_role("button", name="start again").click()
    assert tab.locator(".progress").inner_text() == "Pair 1 of 21."
    assert tab.evaluate("JSON.parse(Object.values(localStorage)[0]).voter") != before
    tab.evaluate("localStorage.setItem(Object.keys(localStorage)[0], '{\"voter\": 7}')")
    tab.reload()
    assert tab.locator(".progress").text_content() == "Pair 1 of 21."


def test_buttons_vote_too_and_the_focus_is_never_lost(opened):
    tab = opened()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.innerText.trim()") == "1 left"
    for _ in range(21):
        tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.className") == "outcome"
    tab.get_by_role("button", name="undo").click()
    assert tab.locator(".progress").inner_text() == "Pair 21 of 21."


def test_keys_typed_elsewhere_or_out_of_sight_are_no_votes(opened):
    tab = opened(viewport={"width": 1280, "height": 600})
    tab.locator("#time").focus()
    tab.keyboard.press("1")
    tab.evaluate("document.activeElement.blur(); scrollTo({ top: 0, behavior: 'instant' })")
    tab.keyboard.press("1")
    tab.locator(".ballot").scroll_into_view_if_needed()
    tab.keyboard.press("Control+1")
    tab.keyboard.press("3")
    assert tab.locator(".progress").inner_text() == "Pair 1 of 21."
    tab.keyboard.press("0")
    assert tab.locator(".progress").inner_text() == "Pair 2 of 21."


def test_a_browser_that_keeps_nothing_counts_all_the_same(opened):
    tab = opened(before=NO_STORE)
    for _ in range(21):
        tab.keyboard.press("0")
    assert "neither tells" in told(tab)


@pytest.mark.parametrize("width", [390, 768, 1600])
def test_nothing_is_cut_while_voting_and_after(opened, width):
    tab = opened(viewport={"width": width, "height": 844})
    wide = lambda: tab.locator(".booth, .booth *:not(.scroll *)").evaluate_all(  # noqa: E731
        "parts => parts.filter(p => p.getBoundingClientRect().right > innerWidth + 1 ||"
        " (p.clientWidth && !p.matches('.scroll') && p.scrollWidth > p.clientWidth + 1))"
        ".map(p => p.outerHTML.slice(0, 80))"
    )
    assert wide() == []
    tab.keyboard.press("1")
    tab.get_by_role("button", name="show the result").click()
    assert tab.locator(".outcome").is_visible() and wide() == []
    box = tab.locator(".outcome .scroll")
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth")
    if width == 390:  # each number has its word above it, as the head is out of sight
        cells = tab.locator(".outcome tbody tr").first.locator("td")
        word = "cell => getComputedStyle(cell, '::before').content"
        heads = tab.locator(".outcome thead th").all_inner_texts()
        assert [cell.evaluate(word).strip('"') for cell in cells.all()] == heads[1:]


def test_without_script_one_sentence_and_on_paper_nothing(opened):
    still = opened(unfold=False, java_script_enabled=False)
    assert "The blind vote needs JavaScript" in still.locator("#vote").inner_text()
    assert still.locator(".booth").is_hidden()
    tab = opened(unfold=False)
    tab.emulate_media(media="print")
    assert tab.locator("#vote").is_hidden()
