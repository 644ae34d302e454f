"""With and without the moving average of the weights, side by side."""

from ganbench import record
from ganbench.report import build
from ganbench.report.analysis.comparison import compare
from ganbench.report.analysis.weight_averages import weight_averages


def suite(fake, score_of, raw):
    """Two models, of which the first draws with an average in the seeds that `raw` names."""
    for label, value in (("averaged", 1.0), ("plain", 2.0)):
        for seed in (0, 1):
            named = {"metric": "kid", "name": "KID"}
            without = {"kid": score_of(raw[seed], **named)} if label == "averaged" else {}
            scores = {"kid": score_of(value + seed, **named)}
            fake.run(label, seed, 0, pictures=False, scores=scores, raw_scores=without, curve=())
    return fake.finish(["averaged", "plain"], primary="kid")


def test_the_mean_is_over_seeds_that_have_both(fake, score_of):
    (found,) = weight_averages(compare(record.read_results(suite(fake, score_of, [5.0, None]))))
    assert (found.row.label, found.averaged, found.raw, found.seeds) == ("averaged", 1.0, 5.0, 1)


def test_the_page_shows_both_numbers(fake, score_of):
    html = build(suite(fake, score_of, [5.0, 7.0])).read_text()
    assert "What averaging the weights does" in html
    part = html.split('id="averages"')[1].split("</table>")[0]
    assert "averaged" in part and "plain" not in part and "6" in part and "1.5" in part
