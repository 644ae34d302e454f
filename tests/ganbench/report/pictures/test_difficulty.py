import numpy as np
import pytest

from ganbench import record
from ganbench.report import build
from ganbench.report.analysis.comparison import compare
from ganbench.report.pictures import difficulty, encoding
from ganbench.system import files


@pytest.fixture
def suite(fake):
    """Writes runs whose pictures of the probe lie at given distances from the paintings."""

    def make(**models):
        for label, seeds in models.items():
            for seed, distances in enumerate(seeds):
                fake.run(label.replace("_", "-"), seed, 120.0)
                path = fake.suite / fake.runs[-1] / "nearest/nearest.json"
                value = files.read_json(path)
                value["generated"] = [*distances, *value["generated"][16:]]
                files.write_json(path, value)
        return fake.finish([label.replace("_", "-") for label in models])

    return make


def section(folder, public=False, with_pictures=True):
    comparison = compare(record.read_results(folder))
    return difficulty.section(comparison, public, with_pictures, encoding.Reader())


def distances(**far):
    """Sixteen distances of 10, less those of the photographs that are named by place."""
    made = np.full(16, 10.0)
    for name, value in far.items():
        made[int(name[1:])] = value
    return made.tolist()


def test_what_every_model_does_badly_on_and_what_divides_them(suite):
    folder = suite(
        cyclegan_unet=[distances(p4=20.0, p9=30.0)],
        cyclegan_resnet=[distances(p4=20.0)],
    )
    hard, dividing = section(folder).lists
    assert hard.lines[0][0] == "photograph 5" and dividing.lines[0][0] == "photograph 10"
    assert "Photograph 5 is the hardest: every model ends at least 1.68 times" in hard.finding
    assert "cyclegan-resnet at 0.941 times its usual distance, cyclegan-unet at 2.5" in (
        dividing.finding
    )


def test_a_bad_model_does_not_decide_alone(suite):
    """Its distances are ten times as large; what counts is how it does by its own measure."""
    bad = [10 * far for far in distances(p2=12.0)]
    folder = suite(cyclegan_unet=[bad], cyclegan_resnet=[distances(p2=12.0)])
    hard, dividing = section(folder).lists
    assert hard.lines[0][0] == "photograph 3" and len(set(hard.lines[0][1])) == 1
    assert dividing.finding == "No photograph divides the models: they find the same ones hard."


def test_seeds_are_averaged_and_counted(suite):
    folder = suite(cyclegan_unet=[distances(p1=20.0), distances(p1=10.0), distances()])
    found = section(folder)
    assert found.seeds == "3" and len(found.lists) == 1
    assert found.lists[0].title == "Hard for cyclegan-unet"
    assert found.lists[0].lines[0] == ("photograph 2", ("1.29",))


def test_where_all_are_alike_nothing_is_called_hard(suite):
    folder = suite(cyclegan_unet=[distances()], cyclegan_resnet=[distances()])
    assert section(folder).lists[0].finding == (
        "No photograph is harder than usual for every model."
    )


def test_distances_of_other_pictures_than_the_probe_are_not_taken_for_its_own(suite, fake):
    folder = suite(cyclegan_unet=[distances(p4=20.0)])
    path = fake.suite / fake.runs[0] / "samples/output.npy"
    files.write_array(path, np.array(np.load(path)[::-1]))
    assert section(folder) is None


def test_models_that_start_from_noise_have_no_inputs(fake):
    fake.run("dcgan", 0, 120.0)
    assert section(fake.finish(["dcgan"])) is None


def test_public_shows_no_photograph_and_without_pictures_the_numbers_stay(suite):
    folder = suite(cyclegan_unet=[distances(p4=20.0)], cyclegan_resnet=[distances()])
    labels = [line.label for line in section(folder, public=True).lists[0].grid.lines]
    assert sorted(labels) == ["cyclegan-resnet", "cyclegan-unet"]
    assert all(found.grid is None for found in section(folder, with_pictures=False).lists)
    html = build(folder, no_pictures=True).read_text()
    part = html.partition('<section id="difficulty">')[2].partition("</section>")[0]
    assert "photograph 5" in part and "<img" not in part
