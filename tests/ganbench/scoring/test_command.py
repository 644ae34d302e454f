"""What `ganbench score` says, and how much work and memory it takes."""

import json
import subprocess
import sys
import tracemalloc
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from ganbench.scoring import compare_sets
from ganbench.system import files as common
from metrics import fid
from metrics.sample import Sample


def pixels(seed: int, count: int = 5, height: int = 12, width: int = 16) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def value(found, key: str = "fid") -> float:
    return {result["key"]: result["value"] for result in found["results"]}[key]


def test_the_number_is_the_metrics_own_and_the_first_side_is_the_generated_one(
    scored, fake, real, eight
):
    found = scored(fake, real, "--metrics", "fid")
    looked = [eight(None, None, "cpu").features(pixels(i, 6 - i)).pool for i in (0, 1)]
    assert value(found) == pytest.approx(fid.frechet_distance(*looked), rel=1e-12)
    assert (found["generated"]["count"], found["real"]["count"]) == (6, 5)
    (result,) = found["results"]
    assert (result["title"], result["better"], result["version"]) == ("FID", "lower", 1)
    assert result["protocol"]["resize"] == "tf"
    assert result["error"] > 0


def test_what_a_plugin_prints_is_no_part_of_the_json(ganbench, fake, real, tmp_path):
    example, file = Path(__file__).parents[3] / "examples/colour_distance.py", tmp_path / "loud.py"
    file.write_text(example.read_text().replace("    step = ", "    print('noise')\n    step = "))
    asked = ("--metrics", "colour_distance", "--plugin", file, "--json", "-")
    code, out, err = ganbench("score", fake, real, *asked)
    assert code == 0 and value(json.loads(out), "colour_distance") >= 0 and "noise" in err


def test_the_table_says_the_number_the_counts_the_extractor_and_that_these_are_few(
    ganbench, fake, real, eight
):
    code, out, err = ganbench("score", fake, real, "--metrics", "fid", "--protocol", "clean")
    assert (code, err) == (0, "")
    assert out.splitlines()[0].split()[0] == "FID"
    assert f"6 generated ({fake}) against 5 real ({real})" in out
    assert "eight 01234567 · resize clean · fp32" in out
    assert out.count("below 2,048") == 1


def test_with_enough_pictures_nothing_is_said_of_few(ganbench, fake, real, monkeypatch):
    monkeypatch.setattr(fid, "ENOUGH", 5)
    _, out, _ = ganbench("score", fake, real, "--metrics", "fid")
    assert "pictures: below" not in out


def test_the_json_file_is_what_dash_prints_and_the_table_is_printed_too(
    ganbench, scored, fake, real, tmp_path
):
    file = tmp_path / "out" / "score.json"
    _, out, _ = ganbench("score", fake, real, "--metrics", "fid", "--json", file)
    assert out.startswith(" FID")
    kept = json.loads(file.read_text())
    again = scored(fake, real, "--metrics", "fid")
    assert kept["results"] == again["results"]
    assert kept["real"]["fingerprint"] == again["real"]["fingerprint"]


def test_a_missing_number_is_null_and_says_why(scored, fake, real, monkeypatch, eight):
    monkeypatch.setattr(eight, "official", False)
    found = scored(fake, real, "--metrics", "mifid")
    assert value(found, "eight_mifd") is None
    assert "official Inception features only" in found["results"][0]["note"]


def test_choices_reach_the_extractor(scored, fake, real, tmp_path, eight):
    weights = tmp_path / "weights.pth"
    weights.write_bytes(b"weights")
    options = ("--protocol", "clean", "--precision", "bf16", "--engine", "openvino")
    scored(fake, real, *options, "--device", "cuda:1", "--inception-weights", weights)
    (built,) = eight.built
    assert built == {
        "weights": weights,
        "device": "cuda:1",
        "resize": "clean",
        "precision": "bf16",
        "engine": "openvino",
    }


def test_without_official_weights_that_is_said(scored, fake, real, eight):
    assert "no Inception weights" in scored(fake, real, "--metrics", "fid")["warnings"][0]


def test_extractors_are_named_in_order_and_an_unknown_one_is_refused(scored, ganbench, fake, real):
    both = "efficientnet-lite0,random-inception"
    assert len(scored(fake, real, "--metrics", "fid", "--extractor", both)["extractors"]) == 2
    code, _, err = ganbench("score", fake, real, "--extractor", "efficientnet")
    assert code == 2 and "there is no extractor 'efficientnet'" in err
    assert "did you mean efficientnet-lite" in err


def test_pictures_reach_the_network_in_parts_of_whole_batches(
    scored, fake, real, monkeypatch, eight
):
    whole = scored(fake, real, "--metrics", "fid")
    monkeypatch.setattr(compare_sets, "PART_BATCHES", 2)
    monkeypatch.setenv("GANBENCH_CACHE", str(fake.parent / "another cache"))
    eight.looked.clear()
    parts = scored(fake, real, "--metrics", "fid")
    assert eight.looked == [4, 2, 4, 1]
    assert value(parts) == value(whole)


def test_large_pictures_come_in_smaller_parts(scored, fake, real, monkeypatch, eight):
    monkeypatch.setattr(compare_sets, "PART_BYTES", 12 * 16 * 3 * 2)
    scored(fake, real, "--metrics", "fid")
    assert eight.looked == [2, 2, 2, 2, 2, 1]


class Full:
    """A disk with room for nothing."""

    def write(self, data) -> None:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("known", [False, True])
def test_a_full_disk_for_pictures_put_aside_is_named(
    ganbench, fake, real, lighter, monkeypatch, known
):
    options = ("--metrics", "fid,lighter", "--plugin", lighter)
    if known:
        assert ganbench("score", fake, real, *options)[0] == 0
    growing = common.growing_array

    @contextmanager
    def full(path, dtype, row):
        with growing(path, dtype, row) as append:
            yield Full().write if len(row) == 3 else append

    monkeypatch.setattr(common, "growing_array", full)
    code, _, err = ganbench("score", fake, real, *options)
    assert code == 2
    assert "cannot put pictures aside in" in err and "No space left" in err
    assert "Traceback" not in err


def test_pictures_are_put_aside_beside_the_cache_and_gone_afterwards(
    scored, fake, real, lighter, tmp_path, monkeypatch
):
    places = []
    growing = common.growing_array
    monkeypatch.setattr(
        common, "growing_array", lambda path, *rest: places.append(path) or growing(path, *rest)
    )
    scored(fake, real, "--metrics", "lighter", "--plugin", lighter)
    assert len(places) == 2
    assert all(path.is_relative_to(tmp_path / "cache") for path in places)
    assert list((tmp_path / "cache/spool").iterdir()) == []


def peak_of_fid(folder: Path, count: int) -> int:
    """Most bytes in use while two array files of `count` small pictures are compared."""
    folder.mkdir()
    for i in range(2):
        np.save(folder / f"{i}.npy", pixels(i, count, 8, 8))
    settings = compare_sets.Settings(metrics=("fid",))
    generated, real = (str(folder / f"{i}.npy") for i in range(2))
    tracemalloc.start()
    compare_sets.compare_sides(generated, real, settings, lambda *told: None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_hardly_grows_with_the_pictures_of_fid(tmp_path, eight, monkeypatch):
    narrow = eight.features
    monkeypatch.setattr(eight, "batch", 10)
    monkeypatch.setattr(
        eight, "features", lambda *given: Sample(np.tile(narrow(*given).features(), (1, 8)))
    )
    few, many = (peak_of_fid(tmp_path / str(count), count) for count in (5_000, 20_000))
    # A picture's hash is some 50 bytes. One side's pictures are 2.9 MB more, its features 3.8 MB.
    assert many - few < 4 * 2**20


def test_a_metric_of_pixels_builds_no_network(scored, fake, real, lighter, eight):
    found = scored(fake, real, "--metrics", "lighter", "--plugin", lighter)
    wanted = pixels(0, 6).mean() - pixels(1, 5).mean()
    assert value(found, "lighter") == pytest.approx(wanted)
    assert eight.built == [] and found["extractor"] == {}


def test_a_metric_of_pixels_imports_no_torch(fake, real, lighter):
    code = """
import sys
from ganbench.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code
heavy = {"torch", "pandas", "matplotlib", "scipy"} & sys.modules.keys()
assert not heavy, heavy
"""
    words = ["score", fake, real, "--metrics", "lighter", "--plugin", lighter]
    command = [sys.executable, "-c", code, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Lighter" in done.stdout


def test_the_list_of_metrics_tells_what_each_is(ganbench):
    _, out, _ = ganbench("list", "metrics")
    assert out.splitlines()[0].startswith("fid ")
    assert "lower is better" in out and "distance" in out
    columns = {line.index(" is better") for line in out.splitlines() if "lower is" in line}
    assert len(columns) == 1
