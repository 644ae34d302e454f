"""Results from strangers: every text a payload, every number absurd, every path a way out."""

import csv
import json
import os
import re
import resource
import xml.etree.ElementTree as ET
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ganbench import record
from ganbench.record import Status
from ganbench.report import build, conclusion, sanitize
from ganbench.report.analysis.comparison import compare
from ganbench.report.page import assemble as page_of
from ganbench.report.pictures import encoding, training_film
from ganbench.report.tables import csv_table, markdown
from ganbench.system import files, safe_read


def test_every_text_is_only_text_in_the_page(poisoned):
    html = (poisoned / "report.html").read_text()
    assert html.count("<script") == 2 and "<svg/onload" not in html
    assert not re.search(r"<[^>]*\son\w+\s*=", re.sub(r'"[^"]*"', '""', html))
    assert "{{7*7}}" in html and "49{%" not in html
    assert "\x00" not in html and "\u202e" not in html and "x" * 1000 not in html.split("<main>")[0]


def test_figures_are_whole_xml_without_scripts(poisoned):
    paths = list((poisoned / "figures").glob("*.svg"))
    assert len(paths) > 5
    for path in paths:
        names = {part.tag.rpartition("}")[2] for part in ET.parse(path).iter()}
        assert not names & {"script", "img", "foreignObject", "image", "a"}


def test_no_cell_of_the_table_is_a_formula_and_numbers_stay_numbers(poisoned):
    with open(poisoned / "comparison.csv", newline="") as file:
        lines = list(csv.reader(file))
    cells = [cell for line in lines for cell in line]
    number = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
    acting = [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell]
    assert all(number.fullmatch(cell) for cell in acting)
    assert len({len(line) for line in lines}) == 1
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)


def test_a_negative_number_is_a_number_in_the_table(fake):
    fake.run("a", 0, -3.5, pictures=False)
    found = csv_table.comparison_table(compare(record.read_results(fake.finish(["a"]))))
    assert ",-3.5," in csv_table.to_csv(found)


def test_no_name_leaves_its_markdown_line(poisoned):
    text = (poisoned / "comparison.md").read_text()
    assert "<script" not in text and "\n# head" not in text
    assert not re.search(r"(?<!\\)[`\[]", text)
    lines = [line for line in text.splitlines() if line.startswith("|")]
    bars = {len(re.findall(r"(?<!\\)\|", line)) for line in lines}
    assert len(bars) == 2  # two tables, each with its own number of columns


def test_the_verdict_for_the_terminal_has_no_escape_characters(poisoned):
    said = conclusion(poisoned)
    assert said and all(sign.isprintable() for sign in said)


OUTSIDE = ("../gallery/source.npy", "/etc/passwd", "..\\x.npy", "link.npy", "folder", "", "a\x00b",
           "x" * 5000, "fifo", "history.csv", "nowhere.npy")  # fmt: skip


def test_paths_out_of_the_run_are_refused_and_named_and_the_others_are_shown(fake, poison):
    fake.run("cyclegan-unet", 0, 120.0)
    fake.run("cyclegan-resnet", 0, 130.0)
    folder = fake.suite / fake.runs[0]
    (folder / "link.npy").symlink_to(fake.suite / "gallery/source.npy")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "fifo")
    moments = [json.loads((folder / "record.json").read_text())["film"][0] | {"file": name}
               for name in OUTSIDE]  # fmt: skip
    poison.changed(folder / "record.json", lambda value: value | {
        "views": {"output": "../gallery/source.npy"}, "film": moments,
        "evidence": {"nearest": "../../quick/suite.json"}})  # fmt: skip
    html = build(fake.finish(["cyclegan-unet", "cyclegan-resnet"])).read_text()
    assert "cyclegan-unet, picture 1" not in html and "cyclegan-resnet, picture 1" in html
    assert html.count("Pictures of cyclegan-unet seed 0 are not shown") == len(OUTSIDE)
    assert "The nearest pictures of cyclegan-unet seed 0 are not shown" in html


def header(path: Path, dtype: str, shape: tuple[int, ...], size: int | None = None) -> None:
    """An array file that claims a shape, with as many bytes as it claims or `size`; sparse."""
    with open(path, "wb") as file:
        about = {"descr": dtype, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, about)
        claimed = int(np.prod(shape, dtype=object)) * np.dtype(dtype).itemsize
        file.truncate(file.tell() + (claimed if size is None else size))


ABSURD_ARRAYS = (
    ("|u1", (10**6, 64, 64, 3), None),
    ("|u1", (1, 16_000, 16_000, 3), None),
    ("|u1", (10**6, 64, 64, 3), 1000),
    ("<f8", (4, 8, 8, 3), None),
    ("|u1", (4, 8, 8), None),
    ("|u1", (0, 8, 8, 3), None),
    ("|O", (4, 8, 8, 3), 100),
    ("|u1", (2**62, 2**62, 2, 3), 10),
)


def test_arrays_of_absurd_sizes_and_kinds_are_named_and_not_read(fake, poison):
    fake.run("cyclegan-unet", 0, 120.0)
    folder = fake.suite / fake.runs[0]
    for place, array in enumerate(ABSURD_ARRAYS):
        header(folder / f"film/{place:02d}.npy", *array)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    poison.changed(folder / "record.json", lambda value: value)
    html = build(fake.finish(["cyclegan-unet"])).read_text()
    assert html.count("Pictures of cyclegan-unet seed 0 are not shown") == len(ABSURD_ARRAYS)
    assert all(f"film/{place:02d}.npy" in html for place in range(len(ABSURD_ARRAYS)))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400 * 1024  # KiB


def test_pictures_larger_than_the_page_shows_are_shrunk_when_read(fake):
    run = fake.run("cyclegan-unet", 0, 120.0, views={"output": "big.npy"}, pictures=False)
    files.write_array(fake.suite / fake.runs[0] / "big.npy", np.zeros((2, 1100, 700, 3), np.uint8))
    read = encoding.of_run(fake.suite / fake.runs[0], replace(run, sha256={}), "big.npy")
    assert read.shape == (2, 367, 234, 3)


def test_what_a_run_wrote_is_looked_at_once_and_what_it_did_not_is_refused_each_time(
    fake, monkeypatch
):
    run = fake.run("cyclegan-unet", 0, 120.0)
    folder, name = fake.suite / fake.runs[0], "some.npy"
    files.write_array(folder / name, np.zeros((20, 8, 8, 3), np.uint8))
    run = replace(run, sha256={name: files.sha256(folder / name)})
    hashed: list[Path] = []
    sha256 = files.sha256
    monkeypatch.setattr(files, "sha256", lambda path: (hashed.append(path), sha256(path))[1])
    reader = encoding.Reader()
    shapes = [reader.of_run(folder, run, name).shape, reader.samples(folder, run, name, 20).shape]
    assert shapes == [(16, 8, 8, 3), (20, 8, 8, 3)] and len(hashed) == 1
    other = replace(run, sha256={name: "0" * 64})
    assert [encoding.Reader().of_run(folder, other, name) for _ in range(2)] == [None, None]
    reader = encoding.Reader()
    assert reader.of_run(folder, other, name) is None is reader.of_run(folder, other, name)


ABSURD = (1e308, -1e308, 1e40, -5, 10**19)


def test_absurd_numbers_are_not_averaged_and_stretch_no_page(fake, poison):
    for place, number in enumerate(ABSURD):
        whole = int(number) if abs(number) < 10**20 else 10**19
        for seed in range(2):
            fake.run(f"cyclegan-unet:{place}", seed, 120.0 + seed, pictures=seed == 0)
            folder = fake.suite / fake.runs[-1]
            poison.changed(folder / "record.json", partial(_absurd, number=number, whole=whole))
            text = (folder / "history.csv").read_text().replace(",20,", f",{number},")
            text += f"{number},1,1,1,1,{number},{number}\n" + "9000,1,1,1,1,inf,nan\n"
            (folder / "history.csv").write_text(text)
    fake.run("cyclegan-resnet", 0, 110.0, pictures=False)
    html = build(fake.finish([], size=10**19)).read_text()
    shown = re.sub(r"<(script|pre|svg).*?</\1>|data:[^\"]*", "", html, flags=re.S)
    assert not re.search(r"[\d,.]{60}", shown) and "nan" not in shown.split("<main>")[0]
    assert "the number in the record is beyond all bounds" in html


def _absurd(value: dict[str, Any], number: float, whole: int) -> dict[str, Any]:
    for key, item in value["used"].items():
        value["used"][key] = whole if isinstance(item, int) else number
    value["cost"] |= {"pictures_per_second": number, "peak_memory_bytes": whole,
                      "flop_per_step": whole, "start_seconds": number,
                      "parameters": {"G": whole}}  # fmt: skip
    for scores in [value["scores"], *(point["scores"] for point in value["curve"])]:
        for score in scores.values():
            score |= {"value": number, "error": number, "count": whole, "reference_count": whole}
    for moment in [*value["film"], *value["curve"]]:
        moment |= {"step": whole, "seconds": number, "pictures": whole}
    value["status"] |= {"step": whole, "progress": number}
    return value


@pytest.mark.parametrize("wrong", [5, "text", [1, "x", None], {"a": 1}, None, True, 1e300])
def test_a_suite_whose_fields_are_of_other_types_still_has_its_page(fake, poison, wrong):
    fake.run("a", 0, 120.0, pictures=False)
    fake.finish(["a"])
    (fake.suite / fake.runs[0] / "history.csv").unlink()
    path = fake.suite / "suite.json"
    keys = [k for k in json.loads(path.read_text()) if k not in ("runs", "format", "sha256")]
    assert "120.0" in rendered(fake, poison, lambda value: value | dict.fromkeys(keys, wrong))
    side = dict.fromkeys(("title", "count", "fingerprint", "skipped", "duplicates"), wrong)
    data = {"source": wrong, "target": side, "gallery": wrong, "flip": wrong, "jitter": wrong}
    parts = {"data": data, "environment": {"packages": wrong, "gpu": wrong}, "warnings": [wrong]}
    assert "120.0" in rendered(fake, poison, lambda value: value | parts)


def rendered(fake, poison, change) -> str:
    poison.changed(fake.suite / "suite.json", change)
    found = sanitize.guarded(record.read_results(fake.results))
    return page_of(found, compare(found), False, True).html


def test_honest_results_pass_the_guard_unchanged(results):
    read = record.read_results(results)
    assert sanitize.guarded(read) == read


AS_THEY_ARE = {  # fields without a bound: checked when read, or names of files and of metrics
    "name", "source", "seed", "size", "converted_from", "evidence", "sha256", "format", "file",
    "metric", "count", "reference_count", "better", "version", "kind",
}  # fmt: skip


@pytest.mark.parametrize("kind", [record.Record, record.Status, record.Used, record.Cost,
                                  record.Moment, record.Score, record.Baseline])  # fmt: skip
def test_every_field_of_a_record_has_a_bound_or_a_reason_to_have_none(kind):
    bounds = sanitize._bounds_of(kind)
    assert {field.name for field in fields(kind)} - set(bounds) <= AS_THEY_ARE
    assert all(map(callable, bounds.values()))


def test_names_cut_in_the_middle_keep_what_tells_them_apart():
    first, second = (sanitize.name("cyclegan-resnet:" + "x" * 500 + f"={k}") for k in (1, 2))
    assert first != second and len(first) == sanitize.NAME
    assert sanitize.name("a\nb\u202ec") == "a b\ufffdc"


def test_a_run_that_ended_in_each_way_has_its_row_and_so_has_one_that_cannot_be_read(fake):
    ways = ("failed", "out_of_memory", "interrupted", "diverged", "collapsed", "done")
    for way in ways:
        ending = None if way == "done" else Status(way, 40, 0.4, f"because of {way}")
        fake.run(f"model-{way}", 0, 120.0, ending, pictures=False)
    fake.run("model-unreadable", 0, 120.0, pictures=False)
    path = fake.suite / fake.runs[-1] / "record.json"
    path.write_text(path.read_text()[:-100])
    results = fake.finish([f"model-{way}" for way in (*ways, "unreadable")])
    html = build(results).read_text()
    table = html.partition('<section id="table">')[2].partition("</table>")[0]
    body = table.partition('<tbody class="models">')[2].partition("</tbody>")[0]
    assert body.count("<tr>") == 7
    assert all(f"because of {way}" in body for way in ways[:-1])
    assert "One record could not be read" in html and fake.runs[-1] in html
    text = markdown.to_markdown(compare(record.read_results(results)))
    assert all(f"model-{way}" in text for way in (*ways, "unreadable"))


def test_results_of_format_1_without_seals_and_digests_have_their_page(fake, poison):
    fake.run("cyclegan-unet", 0, 120.0)
    results = fake.finish(["cyclegan-unet"])
    for path in (fake.suite / "suite.json", fake.suite / fake.runs[0] / "nearest/nearest.json"):
        poison.changed(path, lambda value: value)
    rows_of = lambda value: value["baselines"] if isinstance(value, dict) else value  # noqa: E731
    poison.changed(fake.suite / "baselines.json", rows_of)
    poison.changed(fake.suite / fake.runs[0] / "record.json", lambda value: value | {"format": 1})
    html = build(results).read_text()
    assert "cyclegan-unet, picture 1" in html and "not shown" not in html
    assert "untouched photographs" in html and "could not be read" not in html


def test_of_very_many_moments_the_last_is_always_among_those_shown():
    for count in (*range(5), 47, 48, 49, 50, 95, 96, 97, 399, 400, 401, 402, 800, 801):
        for most in (48, 400):
            kept = sanitize.thinned(tuple(range(count)), most)
            assert len(kept) <= most and kept[-1:] == tuple(range(count))[-1:]
            assert kept == tuple(range(count)) or count > most


def test_a_film_of_very_many_moments_ends_with_its_last(fake):
    run = fake.run("dcgan", 0, 120.0)
    folder = fake.suite / fake.runs[-1]
    moments = tuple(replace(run.film[0], step=step) for step in range(101))
    shown = training_film.frames(folder, replace(run, film=moments), encoding.Reader())
    assert shown[-1][0].step == 100 and len(shown) <= training_film.MOST_MOMENTS


def test_a_log_that_is_too_large_to_be_shown_is_named(fake):
    fake.run("dcgan", 0, 120.0)
    with open(fake.suite / fake.runs[-1] / "history.csv", "ab") as file:
        file.truncate(safe_read.LARGEST + 1)
    html = build(fake.finish(["dcgan"])).read_text()
    assert "seed 0, is larger than 64 MiB" in html
    assert "no run has a history.csv" not in html
