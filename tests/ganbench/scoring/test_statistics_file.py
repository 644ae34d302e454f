"""Statistics of the real side in a file: ours, and those that pytorch-fid and clean-fid write."""

import json
from pathlib import Path

import numpy as np
import pytest

from metrics import fid

EIGHT = """
from metrics.extractors.registry import ExtractorSpec

EIGHT = ExtractorSpec(name="eight", title="Eight", key="eight", features=8, side=8,
    network=lambda weights: None, about="eight numbers", sha256="0")
"""


@pytest.fixture
def options(tmp_path) -> tuple:
    """Let a plugin promise the eight numbers that the stand-in of all networks gives."""
    file = tmp_path / "eight.py"
    file.write_text(EIGHT)
    return "--plugin", file, "--extractor", "eight"


@pytest.fixture
def statistics(ganbench, real, tmp_path, options) -> Path:
    """Ours of the real pictures."""
    file = tmp_path / "kept" / "real.npz"
    code, out, err = ganbench("score", "--save-stats", file, real, *options)
    assert (code, out) == (0, "")
    assert err == f"statistics of 5 pictures ({real}): {file}\n"
    return file


def foreign(file: Path, **arrays) -> Path:
    """A file as pytorch-fid writes it."""
    np.savez_compressed(file, **arrays)
    return file


def gaussian(count: int = 8) -> dict[str, np.ndarray]:
    features = np.random.default_rng(0).normal(100, 9, (50, count))
    return {"mu": features.mean(0), "sigma": np.cov(features, rowvar=False)}


def value(found, key: str = "fid") -> float:
    return {result["key"]: result["value"] for result in found["results"]}[key]


def test_the_distance_from_kept_statistics_is_that_from_the_pictures(
    scored, fake, real, statistics, options
):
    whole = scored(fake, real, *options, "--metrics", "fid")
    kept = scored(fake, statistics, *options, "--metrics", "fid")
    assert value(kept) == pytest.approx(value(whole), rel=1e-6)
    assert (kept["real"]["count"], kept["real"]["height"]) == (5, None)
    assert kept["results"][0]["real_count"] == 5


def test_what_we_keep_is_read_without_pickle_by_who_knows_mu_and_sigma(real, statistics, eight):
    with np.load(statistics, allow_pickle=False) as kept:
        looked = eight(None, None, "cpu").features(np.random.default_rng(1).integers(
            0, 256, (5, 12, 16, 3), dtype=np.uint8)).pool.astype(np.float64)  # fmt: skip
        np.testing.assert_allclose(kept["mu"], looked.mean(0), rtol=1e-12)
        np.testing.assert_allclose(kept["sigma"], np.cov(looked, rowvar=False), rtol=1e-9)
        assert kept["n"] == 5
        assert json.loads(str(kept["protocol"]))["extractor"] == "eight"


def test_pictures_are_not_written_over(ganbench, fake, tmp_path, options):
    file = tmp_path / "real.npz"
    np.savez(file, images=np.zeros((3, 12, 16, 3), np.uint8))
    before = file.read_bytes()
    code, _, err = ganbench("score", fake, file, "--save-stats", file, *options)
    assert code == 2 and "is there already and holds no statistics" in err
    assert file.read_bytes() == before


def test_both_sides_are_scored_and_the_real_one_is_kept(ganbench, fake, real, tmp_path, options):
    file = tmp_path / "both.npz"
    words = ("--save-stats", file, fake, real, "--metrics", "fid")
    code, out, err = ganbench("score", *words, *options)
    assert code == 0 and out.startswith(" FID") and f"5 pictures ({real})" in err
    assert np.load(file)["n"] == 5


def test_a_file_of_pytorch_fid_is_a_real_side(ganbench, scored, fake, tmp_path, options, eight):
    file = foreign(tmp_path / "real.npz", **gaussian())
    found = scored(fake, file, *options, "--metrics", "fid,fid_infinity")
    looked = eight(None, None, "cpu").features(np.random.default_rng(0).integers(
        0, 256, (6, 12, 16, 3), dtype=np.uint8)).pool  # fmt: skip
    real = np.random.default_rng(0).normal(100, 9, (50, 8))
    assert value(found) == pytest.approx(fid.frechet_distance(looked, real), rel=1e-6)
    assert found["real"]["count"] is None and found["results"][0]["real_count"] is None
    (told,) = [w for w in found["warnings"] if "does not say what made" in w]
    assert "taken for those of eight, resize tf" in told
    _, out, _ = ganbench("score", fake, file, *options, "--metrics", "fid")
    assert f"6 generated ({fake}) against statistics of real ones ({file})" in out


def test_float32_in_fortran_order_is_read_too(scored, fake, tmp_path, options):
    plain = foreign(tmp_path / "plain.npz", **gaussian())
    single = {name: array.astype(np.float32) for name, array in gaussian().items()}
    single["sigma"] = np.asfortranarray(single["sigma"])
    other = foreign(tmp_path / "single.npz", **single)
    one, two = (scored(fake, file, *options, "--metrics", "fid") for file in (plain, other))
    assert value(two) == pytest.approx(value(one), rel=1e-4)


def test_what_statistics_cannot_give_is_left_out_with_a_word_or_refused_by_name(
    ganbench, scored, fake, statistics, options
):
    found = scored(fake, statistics, *options)
    assert [result["metric"] for result in found["results"]] == ["fid"]
    (told,) = [w for w in found["warnings"] if w.startswith("left out: kid, mifid, fwd, precision")]
    assert "holds the mean and covariance of features, and no pictures" in told
    code, _, err = ganbench("score", fake, statistics, *options, "--metrics", "fid,kid,mesh")
    assert code == 2 and "kid, mesh cannot be computed: " in err and "--metrics fid" in err


def test_another_protocol_or_extractor_is_refused(ganbench, fake, statistics, options):
    code, _, err = ganbench("score", fake, statistics, *options, "--protocol", "clean")
    assert code == 2 and "were made with resize tf, here it is clean" in err
    code, _, err = ganbench("score", fake, statistics, "--extractor", "efficientnet-lite0")
    assert code == 2 and "8 features a picture, eight gives 1,280" in err


def test_the_extractor_with_so_many_features_is_named(ganbench, fake, tmp_path, options):
    mean, covariance = np.zeros(2048), np.eye(2048)
    file = foreign(tmp_path / "real.npz", mu=mean, sigma=covariance)
    code, _, err = ganbench("score", fake, file, *options)
    assert code == 2 and "--extractor inception or --extractor random-inception" in err


def test_statistics_beside_pictures_are_left_aside(scored, fake, tmp_path, options):
    pictures = np.random.default_rng(1).integers(0, 256, (5, 12, 16, 3), dtype=np.uint8)
    file = foreign(tmp_path / "adm.npz", **gaussian(), arr_0=pictures)
    found = scored(fake, file, *options, "--metrics", "kid")
    assert found["real"]["count"] == 5
    assert any("holds statistics too, which are left aside" in w for w in found["warnings"])


def test_an_array_called_mu_beside_pictures_is_no_statistics(scored, fake, tmp_path, options):
    pictures = np.random.default_rng(1).integers(0, 256, (5, 12, 16, 3), dtype=np.uint8)
    file = foreign(tmp_path / "labelled.npz", fakes=pictures, mu=np.zeros(5))
    assert scored(fake, file, *options, "--metrics", "kid")["real"]["count"] == 5


def test_of_guided_diffusions_statistics_the_pooled_ones_are_read(scored, fake, tmp_path, options):
    spatial = {"mu_s": np.zeros(3), "sigma_s": np.eye(3)}
    files = (
        foreign(tmp_path / "plain.npz", **gaussian()),
        foreign(tmp_path / "adm.npz", **spatial, **gaussian()),
    )
    one, two = (scored(fake, file, *options, "--metrics", "fid") for file in files)
    assert value(one) == value(two)


def changed(**arrays):
    return lambda file: foreign(file, **{**gaussian(), **arrays})


def without(name: str):
    return lambda file: foreign(file, **{k: v for k, v in gaussian().items() if k != name})


def cut(file: Path) -> None:
    foreign(file, **gaussian())
    file.write_bytes(file.read_bytes()[:-40])


ASYMMETRIC = np.eye(8) + np.eye(8, k=1)
SICK = np.where(np.eye(8), np.nan, 0)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (without("sigma"), "holds statistics without sigma"),
        (without("mu"), "holds statistics without mu"),
        (changed(sigma=np.ones((8, 7))), "(8, 7); a covariance is square"),
        (changed(sigma=np.ones(8)), "(8,); a covariance is square"),
        (changed(mu=np.ones((8, 1))), "(8, 1); a mean has one axis"),
        (changed(mu=np.zeros(())), "(); a mean has one axis"),
        (changed(mu=np.ones(7)), "mu has 7 numbers, sigma 8 rows"),
        (changed(mu=np.full(8, np.inf)), "mu of {} holds a NaN or an infinity"),
        (changed(sigma=SICK), "sigma of {} holds a NaN or an infinity"),
        (changed(sigma=ASYMMETRIC), "is not symmetric"),
        (changed(sigma=-np.eye(8)), "has a variance below 0"),
        (changed(sigma=np.eye(8) + 5 * (1 - np.eye(8))), "has a variance below 0"),
        (changed(mu=np.array([None] * 8)), "mu of {} holds pickled Python objects"),
        (changed(mu=np.full(8, 1j)), "complex128, no real numbers"),
        (changed(protocol=np.array("{")), "its protocol is damaged"),
        (changed(protocol=np.array(3)), "its protocol is damaged"),
        (cut, "is not a readable .npz"),
    ],
)  # fmt: skip
def test_statistics_of_no_set_are_one_sentence(ganbench, fake, tmp_path, options, make, words):
    file = tmp_path / "real.npz"
    make(file)
    code, out, err = ganbench("score", fake, file, *options)
    assert (code, out) == (2, "")
    assert words.format(file) in err and "Traceback" not in err


def test_a_claim_of_endless_numbers_is_one_sentence(ganbench, fake, tmp_path, options):
    import zipfile

    file = foreign(tmp_path / "real.npz", mu=gaussian()["mu"])
    with zipfile.ZipFile(file, "a") as archive, archive.open("sigma.npy", "w") as stream:
        about = {"descr": "<f8", "fortran_order": False, "shape": (10**9, 10**9)}
        np.lib.format.write_array_header_1_0(stream, about)
    code, _, err = ganbench("score", fake, file, *options)
    assert code == 2 and "far too large" in err


def test_statistics_are_no_generated_side(ganbench, real, statistics, options):
    code, _, err = ganbench("score", statistics, real, *options)
    assert code == 2 and "only the real side may be" in err


def test_what_cannot_be_kept_is_said_before_the_work(ganbench, fake, tmp_path, statistics, eight):
    eight.built.clear()
    for words, said in (
        (("--save-stats", tmp_path / "real.txt", fake), "is no name of a .npz"),
        (("--save-stats", tmp_path, fake), "is a folder"),
        (("--save-stats", tmp_path / "x.npz"), "two sides are needed"),
        (("--save-stats", tmp_path / "x.npz", fake, "--json", "-"), "goes without --metrics"),
        (("--save-stats", tmp_path / "x.npz", statistics), "holds statistics already"),
        (("--save-stats", tmp_path / "x.npz", "--check", fake), "but save-stats"),
    ):
        code, _, err = ganbench("score", *words)
        assert code == 2 and said in err
    assert eight.built == []


def test_one_picture_has_no_statistics(ganbench, fake, tmp_path, options):
    words = ("--save-stats", tmp_path / "x.npz", fake, "--only", "000.png")
    code, _, err = ganbench("score", *words, *options)
    assert code == 2 and "needs at least 2 pictures" in err
    assert not (tmp_path / "x.npz").exists()
