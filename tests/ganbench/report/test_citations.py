import re

import pytest

from ganbench.report import citations


def cited(score_of, *keys, error=None):
    text = citations.bibtex(score_of(1.0, metric=key, error=error) for key in keys)
    return re.findall(r"@\w+\{(\w+),", text)


@pytest.mark.parametrize(
    ("key", "papers"),
    [
        ("fid", ["heusel2017"]),
        ("random_inception_fd", ["heusel2017"]),
        ("random_inception_kd", ["binkowski2018"]),
        ("random_inception_fd_infinity", ["heusel2017", "chong2020"]),
        ("is", ["salimans2016"]),
        ("mifid", ["heusel2017", "bai2021"]),
        ("fwd", ["veeramacheneni2025"]),
        ("random_inception_coverage", ["naeem2020"]),
        ("recall", ["kynkaanniemi2019"]),
        ("my_own_metric", []),
    ],
)
def test_a_metric_cites_the_papers_that_defined_it(score_of, key, papers):
    assert cited(score_of, key) == papers


def test_only_what_was_used_is_cited_and_once(score_of):
    assert cited(score_of, "fid", "mifid", "kid") == ["heusel2017", "bai2021", "binkowski2018"]
    assert cited(score_of, "kid", error=0.1) == ["binkowski2018", "shao1995"]


def test_a_network_of_its_own_is_cited_after_the_metric(score_of):
    lite = score_of(1.0, metric="lite0_kd", protocol={"extractor": "Lite0"})
    assert re.findall(r"@\w+\{(\w+),", citations.bibtex([lite])) == ["binkowski2018", "tan2019"]
