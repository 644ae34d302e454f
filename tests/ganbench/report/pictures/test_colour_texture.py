from dataclasses import replace

import numpy as np
import pytest

from ganbench import record
from ganbench.record import Moment
from ganbench.report import build
from ganbench.report.analysis.comparison import compare
from ganbench.report.pictures import colour_texture, encoding
from ganbench.system import files


def section(folder):
    results = record.read_results(folder)
    return colour_texture.section(results, compare(results), encoding.Reader())


@pytest.fixture
def two(fake, score_of):
    """A translator that stays near the photographs, and one that paints them."""
    mesh = score_of(0.9, metric="mesh", name="Mesh", kind="quality", unit="dB", about="peaks")
    for label, value in (("cyclegan-unet", 0.9), ("cyclegan-resnet", 0.2)):
        run = fake.run(label, 0, 120.0)
        scores = run.scores | {"mesh": replace(mesh, value=value)}
        folder = fake.suite / fake.runs[-1]
        record.write(folder, replace(run, scores=scores))
    return fake.finish(["cyclegan-unet", "cyclegan-resnet"])


def test_the_nearest_colours_and_the_highest_mesh_are_named_with_their_numbers(two):
    found = section(two)
    by_name = {one.name: one for one in found.lines}
    resnet, unet = by_name["cyclegan-resnet"], by_name["cyclegan-unet"]
    best = max((resnet, unet), key=lambda one: one.overlap)
    colour, texture = (figure.caption for figure in found.figures)
    assert f"The colours of {best.name} overlap" in colour
    assert f"by {100 * best.overlap:.0f} %, the most of all models" in colour
    halves = f"{100 * by_name['paintings'].found.halves:.0f} %"
    assert f"one half of which overlaps with the other by {halves}" in colour
    assert by_name["paintings"].shared == halves
    assert texture.startswith("cyclegan-unet has the highest peaks of a mesh: 0.900 dB")
    assert by_name["paintings"].overlap is None and by_name["photographs"].overlap < 1


def test_models_are_measured_by_the_pictures_they_were_scored_by(fake):
    run = fake.run("cyclegan-unet", 0, 120.0)
    moment = Moment(240, 1.0, 60.0, 240, "samples/last.npy")
    folder = fake.suite / fake.runs[-1]
    files.write_array(folder / "samples/last.npy", np.full((100, 32, 32, 3), 7, np.uint8))
    record.write(folder, replace(run, snapshots=(moment,)))
    found = section(fake.finish(["cyclegan-unet"]))
    model = found.lines[-1]
    assert model.found.count == colour_texture.MOST and model.colour == ("7", "7", "7")


def test_pictures_of_the_data_count_once_each(two):
    lines = {one.name: one.found.count for one in section(two).lines}
    assert lines["paintings"] == 12 + 16  # of the gallery and of the probe
    stack = np.zeros((3, 8, 8, 3), np.uint8)
    stack[1] = 1
    kept = colour_texture._different([stack, stack[:1]])
    assert [len(part) for part in kept] == [2, 0]


def test_a_file_that_is_no_picture_is_a_sentence(fake):
    run = fake.run("cyclegan-unet", 0, 120.0)
    moment = Moment(240, 1.0, 60.0, 240, "history.csv")
    record.write(fake.suite / fake.runs[-1], replace(run, snapshots=(moment,)))
    folder = fake.finish(["cyclegan-unet"])
    assert section(folder) is None
    html = build(folder).read_text()
    assert "Pictures of cyclegan-unet seed 0 are not shown: " in html
    assert '<section id="colour">' not in html


@pytest.mark.parametrize("how", [{"public": True}, {"no_pictures": True}])
def test_statistics_stay_where_pictures_are_left_out(two, how):
    html = build(two, **how).read_text()
    section = html.partition('<section id="colour">')[2].partition("</section>")[0]
    assert "<svg" in section and "<img" not in section
    assert "the untouched photographs" in section


def test_figures_are_files_too(two):
    build(two)
    assert {"colour.svg", "texture.svg"} <= {path.name for path in (two / "figures").iterdir()}
