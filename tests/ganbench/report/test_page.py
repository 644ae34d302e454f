import json
import re
import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace

import jinja2
import pytest

from ganbench import price, record
from ganbench.errors import InputError
from ganbench.report import build, conclusion, embedded, formatting, page, redact
from ganbench.report.analysis import comparison, costs
from ganbench.report.analysis.comparison import compare
from ganbench.report.figures import learning_curves, svg
from ganbench.report.pictures import failures
from ganbench.system import files


def carried(html):
    found = re.search(r'<script type="application/json" id="results">(.*?)</script>', html, re.S)
    return json.loads(found[1])


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["ink", "muted", "accent", *(f"c{k}" for k in range(1, 9))])
@pytest.mark.parametrize("ground", ["paper", "panel"])
def test_text_colours_can_be_read_in_light_and_dark(name, ground):
    light, dark = zip(svg.PALETTE[name], svg.PALETTE[ground], strict=True)
    assert contrast(*light) >= 4.8
    assert contrast(*dark) >= (7.1 if ground == "paper" else 6.5)


def test_the_same_records_give_the_same_bytes(results, tmp_path):
    first = build(shutil.copytree(results, tmp_path / "one"))
    second = build(shutil.copytree(results, tmp_path / "two"))
    assert first.read_bytes() == second.read_bytes()
    for path in (tmp_path / "one/figures").iterdir():
        assert path.read_bytes() == (tmp_path / "two/figures" / path.name).read_bytes()


def test_figures_are_files_of_their_own_without_sentinels(results, tmp_path):
    build(shutil.copytree(results, tmp_path / "r"))
    paths = sorted((tmp_path / "r/figures").glob("*.svg"))
    assert {"how-sure", "curve-seconds", "curve-pictures"} <= {path.stem for path in paths}
    for path in paths:
        assert ET.parse(path).getroot().tag.endswith("svg")
        assert "#0b0d" not in path.read_text() and "var(" not in path.read_text()


def test_a_large_suite_stays_under_three_megabytes(make_three, tmp_path):
    labels = [*(f"cyclegan-resnet:blocks={n}" for n in range(1, 4)), "dcgan"]
    path = build(make_three(tmp_path / "r", 256, 24, labels, seeds=1))
    assert path.stat().st_size < 3_000_000


def test_the_page_carries_its_results(results, tmp_path):
    html = build(shutil.copytree(results, tmp_path / "r")).read_text()
    data = carried(html)
    assert len(data["runs"]) == 9
    assert data["runs"][1]["status"]["name"] == "collapsed"


def test_a_limit_is_said_where_the_data_is(fake):
    fake.run("dcgan", 0, 0.5)
    side = {"title": "mine", "count": 50, "fingerprint": "9c1e", "taken_of": 7038}
    html = build(fake.finish(["dcgan"], data={"target": side})).read_text("utf-8")
    assert "50 of 7,038, chosen by hash" in html
    fake.finish(["dcgan"], data={"target": side | {"taken_of": "<b>many</b>"}})
    html = build(fake.results).read_text("utf-8")
    assert "chosen by hash" not in html and "<b>many" not in html


def test_one_set_has_no_tick_of_untouched_photographs(results, tmp_path):
    told = "ticks are the floor and the untouched photographs."
    assert told in build(shutil.copytree(results, tmp_path / "two")).read_text()
    one = shutil.copytree(results, tmp_path / "one")
    for path in one.glob("*/baselines.json"):
        value = json.loads(path.read_text())
        rows = value["baselines"] if isinstance(value, dict) else value
        rows[:] = [row for row in rows if row["name"] != "identity"]
        files.write_json(path, value)
    page = build(one).read_text()
    assert told not in page and "ticks are the floor." in page


def test_a_page_too_full_leaves_curves_out_and_says_so(results, tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "MOST_JSON", 1000)
    data = carried(build(shutil.copytree(results, tmp_path / "r")).read_text())
    assert data["left_out"] == ["curve", "film", "snapshots", "sha256"]
    assert data["like"]["run"]["curve"] == []


def test_of_very_many_seeds_so_many_are_drawn_as_can_be_seen_and_that_is_said(fake, monkeypatch):
    monkeypatch.setattr(comparison, "DOTS", 5)
    monkeypatch.setattr(learning_curves, "LINES", 2)
    for label, level in (("a", 120.0), ("b", 125.0)):
        for seed in range(20):
            fake.run(label, seed, level + seed / 10, pictures=False)
    html = build(fake.finish(["a", "b"], seeds=list(range(2000)))).read_text()
    strip = html.partition('<svg class="strip')[2].partition("</svg>")[0]
    assert 3 <= strip.count("<circle") <= 5
    assert html.count("Of more than 5 seeds at most 5 are drawn") >= 3
    assert "Of more than 2 seeds at most 2 have a line." in html
    assert "<dt>seeds</dt><dd>0–1999</dd>" in html


def test_of_very_many_runs_that_did_not_end_well_the_first_are_listed(fake, monkeypatch):
    monkeypatch.setattr(failures, "MOST_LISTED", 15)
    for seed in range(20):
        fake.run("a", seed, 0.0, record.Status("failed", 1, 0.1, "no paint"), pictures=False)
    html = build(fake.finish(["a"])).read_text()
    assert html.count('<article class="failure">') == 15
    assert "8 more runs that did not end well" in html
    assert "5 more runs did not end well: ganbench ls lists all." in html


def test_public_leaves_out_pictures_of_the_data_hosts_and_paths(fake):
    fake.run("cyclegan-unet", 0, 120.0)
    fake.run("cyclegan-resnet", 0, 125.0)
    command = "ganbench run --data /home/ada/monet --plugin ~/gan.py --results s3://adas/secret"
    results = fake.finish(["cyclegan-unet", "cyclegan-resnet"], command=command)
    secret = build(results).read_text()
    public = build(results, public=True).read_text()
    assert "secret-host" in secret and "/home/ada" in secret
    assert "secret-host" not in public and "/home/ada" not in public and "gan.py" not in public
    assert "s3://adas" in secret and "adas" not in public
    assert redact.without_paths("https://a.b/c, s3://b/c") == "https://a.b/c, …"
    assert "broken.jpg" in secret and "<code>img/broken.jpg" not in public
    assert "the photograph as it came" not in public and 'alt="paintings, picture' not in public
    assert 'alt="cyclegan-unet, picture 1"' in public


def test_no_pictures_means_none(results, tmp_path):
    html = build(shutil.copytree(results, tmp_path / "r"), no_pictures=True).read_text()
    assert "data:image" not in html and "left out (--no-pictures)" in html


def test_whatever_file_is_missing_the_page_is_still_built(results, tmp_path):
    folder = shutil.copytree(results, tmp_path / "r")
    for pattern in ("*/baselines.json", "*/gallery", "*/run*/views", "*/run*/film"):
        for path in folder.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in folder.glob("*/run*/history.csv"):
        path.write_text("not,a\ntable")
    shutil.rmtree(folder / "quick" / "run08.pytorch-seed2-abc")
    html = build(folder).read_text()
    assert "Pictures are not there" in html and "Not there: no run has a history.csv" in html


MISSPELT = {
    "page.html": ("verdict.headline", "verdict.headlin"),
    "numbers.html": ("drawn.forest", "drawn.forrest"),
    "frameworks.html": ("frameworks.problems", "frameworks.problem"),
    "vote.html": ("{% if vote %}", "{% if voted %}"),
    "pictures.html": ("{% if films %}", "{% if film %}"),
    "difficulty.html": ("list.finding", "list.found"),
    "colour.html": ("colour.figures", "colour.figure"),
    "failures.html": ("failure.advice", "failure.advise"),
    "origin.html": ("suite.toml", "suite.tomll"),
    "macros.html": ("row.marker", "row.mark"),
}


@pytest.mark.parametrize("template", MISSPELT)
def test_a_misspelt_key_in_a_template_raises(twins, monkeypatch, template):
    environment = page._environment()
    source = environment.loader.get_source(environment, template)[0]
    assert MISSPELT[template][0] in source
    changed = jinja2.DictLoader({template: source.replace(*MISSPELT[template])})
    environment.loader = jinja2.ChoiceLoader([changed, environment.loader])
    monkeypatch.setattr(page, "_environment", lambda: environment)
    monkeypatch.setattr(page, "_figures", lambda _: dict.fromkeys(page.FIGURES))
    results = record.read_results(twins)
    with pytest.raises(jinja2.UndefinedError):
        page.assemble(results, compare(results), False, False)


def test_a_bare_description_is_enough(tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s/suite.json").write_text('{"runs": []}')
    assert "Nothing to compare yet" in build(tmp_path).read_text()


def test_arrays_of_strangers_are_read_neither_outside_the_run_nor_as_other_kinds(fake):
    fake.run("cyclegan-unet", 0, 120.0, views={}, pictures=False)
    folder = fake.suite / fake.runs[0]
    path = folder / "record.json"
    value = files.read_sealed(path)
    value["views"] = {"output": "../gallery/source.npy", "odd": "history.csv", "none": "nowhere"}
    files.write_sealed(path, value)
    html = build(fake.finish(["cyclegan-unet"])).read_text()
    assert "cyclegan-unet, picture 1" not in html


def test_unknown_views_are_shown_under_their_own_name(fake):
    run = fake.run("cyclegan-unet", 0, 120.0)
    path = fake.suite / fake.runs[0] / "record.json"
    value = files.read_sealed(path)
    value["views"]["depth <map>"] = run.views["output"]
    files.write_sealed(path, value)
    html = build(fake.finish(["cyclegan-unet"])).read_text()
    assert "depth &lt;map&gt;" in html and "depth <map>" not in html


def test_no_results_are_one_sentence(tmp_path):
    with pytest.raises(InputError, match="no benchmark results"):
        build(tmp_path)


def test_conclusion_is_the_verdict_in_plain_words(results):
    assert conclusion(results).startswith("Use cyclegan-resnet: random-Inception FD 117.8")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("--data /home/ada/x --out ../y/z", "--data … --out …"),
        (r"C:\Users\ada\x is not there", "… is not there"),
        ("file:///home/ada/x", "…"),
        ("612 pictures/s, samples/00.npy", "612 pictures/s, samples/00.npy"),
    ],
)
def test_paths_of_the_machine_become_an_ellipsis(text, clean):
    assert redact.without_paths(text) == clean


@pytest.mark.parametrize(
    ("value", "text"),
    [(118.83, "118.8"), (12.14, "12.1"), (3.2, "3.20"), (0.031, "0.0310"), (7038.4, "7,038"),
     (-2.5, "−2.50"), (0.0, "0"), (None, "–"), (float("nan"), "–")],
)  # fmt: skip
def test_numbers_have_about_three_digits(value, text):
    assert formatting.number(value) == text


def test_a_name_of_many_settings_may_break_between_them_and_stays_text():
    made = page._breakable("dcgan:batch=16,<b>=2")
    assert made == "dcgan:<wbr>batch=16,<wbr>&lt;b&gt;=2"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["dcgan"], ["dcgan"] * 3),
        (["cyclegan-unet"], ["photograph", "cyclegan-unet"] * 2),
        (["cyclegan-unet", "dcgan"], ["photograph", "cyclegan-unet", "dcgan"]),
    ],
)
def test_at_least_three_pictures_stand_below_the_verdict(fake, labels, expected):
    for label in labels:
        fake.run(label, 0, 120.0)
    html = build(fake.finish(labels, seeds=[0])).read_text("utf-8")
    figure = html.partition('<figure class="first"')[2].partition("</figure>")[0]
    shown = re.findall(r'src="([^"]+)" alt="(?:the )?([\w-]+)', figure)
    assert [name for _, name in shown] == expected
    assert len({uri for uri, _ in shown}) == len(expected)  # each photograph is another one


def with_costs(fake, seed, status, wall, **cost):
    made = fake.run("dcgan", seed, 100.0, record.Status(status, 9, 1.0), pictures=False)
    used = replace(made.used, seconds=60.0 + seed, wall_seconds=wall)
    folder = fake.suite / fake.runs[-1]
    record.write(folder, replace(made, used=used, cost=replace(made.cost, **cost)))


def test_costs_are_means_over_the_finished_runs_that_know_them_or_else_over_all(fake):
    with_costs(fake, 0, "done", 3600.0, energy_joules=500.0, peak_memory_bytes=None)
    with_costs(fake, 1, "done", 1800.0, energy_joules=None, peak_memory_bytes=None)
    with_costs(fake, 2, "diverged", 9999.0, energy_joules=900.0, peak_memory_bytes=300)
    with_costs(fake, 3, "failed", 9999.0, peak_memory_bytes=100, parameters={"G": 1})
    (row,) = compare(record.read_results(fake.finish(["dcgan"]))).rows
    assert (costs.mean_cost(row, costs.SECONDS), costs.mean_cost(row, costs.wall)) == (60.5, 2700)
    assert costs.mean_cost(row, costs.ENERGY) == 500
    assert costs.mean_cost(row, costs.MEMORY) == 200
    assert costs.mean_cost(row, lambda run: None) is None
    assert costs.mean_money(row, price.parse("$2/h")) == 1.5
    networks = row.records[0].cost.parameters
    assert len(networks) > 1 and costs.parameters(row) == sum(networks.values())


def test_a_model_trained_elsewhere_has_no_costs_here_and_no_networks_are_no_number(fake):
    with_costs(fake, 0, "imported", 3600.0, parameters={})
    (row,) = compare(record.read_results(fake.finish(["dcgan"]))).rows
    assert costs.mean_cost(row, costs.wall) is None
    assert costs.mean_money(row, price.parse("1/h")) is None
    assert costs.parameters(row) is None
