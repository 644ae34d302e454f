"""Runs of one suite from several folders: what is put together, and what is refused."""

import json
import os
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from ganbench import record
from ganbench.errors import InputError
from ganbench.runner import merge as merging
from ganbench.runner import run_list, suite_part
from ganbench.system import files, locks

from .conftest import SMALL, judged, light

MODELS = ("--models", "toy-gan,toy-gan:batch=3")
MEASURED = {  # by a clock, which no run repeats
    *("used", "cost", "curve", "snapshots", "film", "environment", "sha256"),
}


def train(two_domains, results, *shard):
    return judged(light(two_domains, results, *SMALL, *MODELS, *shard))


@pytest.fixture(scope="module")
def made(two_domains, tmp_path_factory):
    """The suite in one folder, and its two shards in two."""
    folder = tmp_path_factory.mktemp("made")
    for name, shard in (("whole", ()), ("A", ("--shard", "1/2")), ("B", ("--shard", "2/2"))):
        code, said = train(two_domains, folder / name, *shard)
        assert code == 0, said
    return folder


@pytest.fixture(autouse=True)
def no_page(request, monkeypatch):
    """A page takes longer than all the rest: two tests build it."""
    if "with_page" not in request.fixturenames:
        monkeypatch.setattr(merging, "report", lambda into, name: into / "report.html")


@pytest.fixture
def with_page():
    """Build the page."""


@pytest.fixture
def here(made, tmp_path):
    """Copies of the shards, to be changed."""
    for name in "AB":
        shutil.copytree(made / name, tmp_path / name)
    return tmp_path


def merge(here, *names, into="M"):
    return merging.merge([here / name for name in names], here / into, None, "ganbench merge")


def runs_of(results):
    return {folder.name: run for folder, run in record.read_results(results).runs}


def a_run(folder):
    """A run's folder in the suite `s` of a results folder."""
    return sorted(folder.glob("s/*/record.json"))[0].parent


def change(folder, **changes):
    record.write(folder, replace(record.read(folder), **changes))


def content(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def plain(run):
    """All of a record that does not depend on a clock; of its scores the numbers."""
    value = {key: item for key, item in asdict(run).items() if key not in MEASURED}
    files_ = {name: digest for name, digest in run.sha256.items() if name != "history.csv"}
    moments = [(m.step, m.file) for m in (*run.snapshots, *run.film)]
    points = [(p.step, {k: s.value for k, s in p.scores.items()}) for p in run.curve]
    return json.loads(json.dumps([value, files_, moments, points, run.used.steps]))


def test_two_shards_merged_are_the_suite_that_was_run_in_one_folder(made, tmp_path, with_page):
    before = {name: content(made / name) for name in "AB"}
    told = merging.merge([made / "A", made / "B"], tmp_path / "M", None, "ganbench merge A B")
    assert (told.runs, told.missing, told.notes) == (4, (), ())
    whole, merged = runs_of(made / "whole"), runs_of(tmp_path / "M")
    assert list(whole) == list(merged) and len(merged) == 4
    for name, run in merged.items():
        assert plain(run) == plain(whole[name])
        folder = tmp_path / "M" / "s" / name
        assert all(files.sha256(folder / file) == seal for file, seal in run.sha256.items())
        assert (folder / "checkpoint" / "checkpoint.json").exists()
        origin = next(made / x / "s" / name for x in "AB" if (made / x / "s" / name).exists())
        assert content(folder).keys() == content(origin).keys()
    whole_rows = record.read_baselines(made / "whole" / "s")
    assert record.read_baselines(tmp_path / "M" / "s") == whole_rows and whole_rows
    about = record.read_suite(tmp_path / "M" / "s")
    assert about["primary"] == "fwd" and "shard" not in about
    page = told.page.read_text("utf-8")
    assert "toy-gan:batch=3" in page and "no run is there" not in page
    assert {name: content(made / name) for name in "AB"} == before


def test_each_shard_trains_its_own_and_names_the_whole(made):
    shards = [set(runs_of(made / name)) for name in "AB"]
    whole = record.read_suite(made / "whole" / "s")["runs"]
    assert shards[0] | shards[1] == set(whole) and not shards[0] & shards[1]
    for place, name in enumerate("AB", start=1):
        about = record.read_suite(made / name / "s")
        assert about["runs"] == whole and about["shard"] == f"{place}/2"
        assert {run.label for run in runs_of(made / name).values()} == {
            *("toy-gan", "toy-gan:batch=3"),
        }


def test_what_continues_a_shards_run_asks_for_the_shard(here):
    change(a_run(here / "B"), status=record.Status("interrupted", 1, 0.3))
    (command,) = filter(None, (run.command for run in run_list.find(here / "B")[0]))
    assert command.endswith("--shard 2/2")


def test_a_shard_is_done_when_its_own_runs_are_and_is_not_trained_again(made, two_domains):
    before = content(made / "A" / "s")
    code, said = train(two_domains, made / "A", "--shard", "1/2")
    assert code == 0 and "2 done, 0 to do" in said and "of other shards" in said
    runs = [path for path in before if path.name == "record.json"]
    after = content(made / "A" / "s")
    assert len(runs) == 2 and all(after[path] == before[path] for path in runs)


@pytest.mark.parametrize("shard", ["0/2", "3/2", "a/b"])
def test_bad_shards_are_one_sentence(two_domains, tmp_path, shard):
    code, said = train(two_domains, tmp_path / "r", "--shard", shard)
    assert code == 2 and "Traceback" not in said
    assert sum(line.startswith("error: ") for line in said.splitlines()) == 1
    assert not (tmp_path / "r").exists()


def test_a_shard_for_which_no_run_is_left_ends_well(two_domains, tmp_path):
    code, said = train(two_domains, tmp_path / "r", "--shard", "5/5")
    assert code == 0 and said.strip().startswith("shard 5/5 has nothing to do")
    assert not (tmp_path / "r").exists()


def test_a_second_merge_adds_to_the_first(here):
    told = merge(here, "A")
    assert told.runs == 2 and len(told.missing) == 2
    assert f"--suite {here / 'M' / 's' / 'suite.toml'}" in told.command
    first = runs_of(here / "M")
    told = merge(here, "B")
    assert told.runs == 4 and not told.missing
    assert first.items() < runs_of(here / "M").items()
    before = content(here / "M" / "s")
    merge(here, "A", "B", "B")
    assert content(here / "M" / "s") == before


def test_another_suite_in_the_results_stays(here):
    (here / "M").mkdir()
    shutil.copytree(here / "A" / "s", here / "M" / "t")
    about = record.read_suite(here / "M" / "t")
    record.write_suite(here / "M" / "t", about | {"name": "t"})
    before = content(here / "M" / "t")
    merge(here, "A", "B")
    assert content(here / "M" / "t") == before and (here / "M" / "s" / "suite.json").exists()
    with pytest.raises(InputError, match="holds several suites: s, t"):
        merge(here, "M", into="N")
    assert merging.merge([here / "M"], here / "N", "s", "").runs == 4


def edit(folder, **changes):
    """Change what suite.json says."""
    about = record.read_suite(folder / "s")
    record.write_suite(folder / "s", about | changes)


def typed(folder, old, new):
    toml = record.read_suite(folder / "s")["toml"]
    assert old in toml
    edit(folder, toml=toml.replace(old, new))


def score(folder, **changes):
    for path in folder.glob("s/*/record.json"):
        run = record.read(path.parent)
        scores = {key: replace(s, **changes) for key, s in run.scores.items()}
        change(path.parent, scores=scores)


def other_pictures(folder):
    about = record.read_suite(folder / "s")
    about["data"]["target"]["fingerprint"] = "0" * 32
    edit(folder, data=about["data"])
    for path in folder.glob("s/*/record.json"):
        change(path.parent, data=about["data"])


def other_name(folder):
    typed(folder, 'name = "s"', 'name = "t"')


DIFFERENT = {
    "budget": lambda folder: typed(folder, '"3step"', '"4step"'),
    "seeds": lambda folder: typed(folder, "[0, 1]", "[0, 2]"),
    "name": other_name,
    "pictures of the target": other_pictures,
    "version of ganbench": lambda folder: edit(folder, environment={"ganbench": "9.9"}),
    "extractors": lambda folder: edit(folder, extractors={"names": ["other"]}),
    "code of toy-gan.pytorch": lambda folder: edit(folder, code={"toy-gan.pytorch": "f" * 64}),
    "metric fwd, version": lambda folder: score(folder, version=99),
    "metric fwd, wavelet": lambda folder: score(folder, protocol={"wavelet": "db4"}),
    "number of runs": lambda folder: edit(folder, runs=record.read_suite(folder / "s")["runs"][:3]),
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_what_does_not_belong_together_is_refused_with_the_difference(here, what):
    DIFFERENT[what](here / "B")
    with pytest.raises(InputError) as raised:
        merge(here, "A", "B")
    (line,) = [one for one in str(raised.value).splitlines() if one.startswith(f"  {what}: ")]
    assert str(here / "A") in line and str(here / "B") in line
    assert not (here / "M").exists()


def test_all_differences_are_listed_at_once_and_what_is_a_machines_own_is_none(here):
    typed(here / "B", '"3step"', '"4step"')
    typed(here / "B", "seeds = [0, 1]", "seeds = [0, 2]")
    with pytest.raises(InputError) as raised:
        merge(here, "A", "B")
    assert len(str(raised.value).splitlines()) == 3
    shutil.rmtree(here / "B")
    shutil.copytree(here / "A", here / "B")
    typed(here / "B", "threads = 1", "threads = 8")
    edit(here / "B", price="0.35/h")
    told = merge(here, "A", "B")
    assert "prices" in told.notes[0] and record.read_suite(here / "M" / "s")["price"] is None


def test_a_run_on_another_kind_of_device_has_another_key_and_is_the_same_run(here):
    names = record.read_suite(here / "B" / "s")["runs"]
    for name in names:
        moved = here / "B" / "s" / (name[:-8] + "00" + name[-6:])
        if (here / "B" / "s" / name).exists():
            (here / "B" / "s" / name).rename(moved)
            change(moved, key=moved.name[-8:])
    edit(here / "B", runs=[name[:-8] + "00" + name[-6:] for name in names])
    with pytest.raises(InputError, match="run: toy-gan"):
        merge(here, "A", "B")
    typed(here / "B", '"cpu"', '"cuda:0"')
    assert merge(here, "A", "B").runs == 4
    assert len(runs_of(here / "M")) == 4


def test_one_run_twice_is_taken_once_or_refused_with_both_paths(here, made):
    one = a_run(here / "A")
    other = here / "B" / "s" / one.name
    shutil.copytree(one, other)
    assert merge(here, "A", "B").runs == 4
    change(other, used=replace(record.read(other).used, steps=7))
    with pytest.raises(InputError) as raised:
        merge(here, "A", "B", into="N")
    assert str(one) in str(raised.value) and str(other) in str(raised.value)
    assert not (here / "N").exists()


def test_of_an_unfinished_run_and_a_done_one_the_done_one_is_taken_and_that_is_said(here):
    done = a_run(here / "A")
    other = here / "B" / "s" / done.name
    shutil.copytree(done, other)
    change(other, status=record.Status("interrupted", 1, 0.3))
    told = merge(here, "B")
    assert told.runs == 2 and done.name in told.missing
    told = merge(here, "A", "B")
    assert told.runs == 4 and runs_of(here / "M")[done.name].status.name == "done"
    assert any(str(other) in note and "interrupted" in note for note in told.notes)


def test_of_a_run_with_and_without_its_scores_the_scored_one_is_taken(here):
    scored = a_run(here / "A")
    other = here / "B" / "s" / scored.name
    shutil.copytree(scored, other)
    change(other, scores={}, curve=())
    merge(here, "B", "A")
    assert runs_of(here / "M")[scored.name].scores
    change(other, scores={}, curve=record.read(scored).curve)
    with pytest.raises(InputError, match="not the same"):
        merge(here, "B", "A", into="N")


def test_a_run_that_a_command_is_at_is_not_taken(here):
    run = a_run(here / "A")
    change(run, status=record.Status("interrupted", 1, 0.3))
    with locks.claim(run):
        told = merge(here, "A", "B")
    assert told.missing == (run.name,) and any("at work" in note for note in told.notes)
    assert not (here / "M" / "s" / run.name).exists()
    assert merge(here, "A").missing == (run.name,)  # there now, and to be continued
    assert (here / "M" / "s" / run.name / "checkpoint").exists()


def damage_samples(folder):
    path = sorted((a_run(folder) / "samples").glob("*.npy"))[0]
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def damage_record(folder):
    path = a_run(folder) / "record.json"
    path.write_bytes(path.read_bytes()[:99])


def lose_samples(folder):
    sorted((a_run(folder) / "samples").glob("*.npy"))[0].unlink()


def link_samples(folder):
    place = a_run(folder) / "samples"
    place.rename(folder / "elsewhere")
    place.symlink_to(folder / "elsewhere", target_is_directory=True)


def link_run(folder):
    place = a_run(folder)
    place.rename(folder / "s" / "elsewhere")
    place.symlink_to(folder / "s" / "elsewhere", target_is_directory=True)


def climb(folder):
    edit(folder, runs=["../../A/s/x-0123abcd", *record.read_suite(folder / "s")["runs"][1:]])


def take_a_name_of_ours(folder):
    edit(folder, runs=["gallery", *record.read_suite(folder / "s")["runs"][1:]])


HOSTILE = {
    "is damaged": damage_samples, "record.json": damage_record, "is not there": lose_samples,
    "no name of a file inside": link_samples, "is a link": link_run, "names no run": climb,
    "'gallery' names no run": take_a_name_of_ours,
    "no name for the suite": lambda folder: edit(folder, name="../x"),
    "another run": lambda folder: change(a_run(folder), key="01234567"),
    "other pictures": lambda folder: change(a_run(folder), data={}),
    "does not say what": lambda folder: edit(folder, toml="[" * 100_000),
}  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
def test_what_is_damaged_or_a_strangers_trap_is_refused_and_nothing_is_left(here, words):
    HOSTILE[words](here / "B")
    with pytest.raises(InputError) as raised:
        merge(here, "A", "B")
    assert words in str(raised.value)
    assert not (here / "M" / "s").exists()


def test_only_files_that_belong_to_a_run_are_copied(here):
    run = a_run(here / "A")
    (run / "evil.sh").write_text("rm -rf /")
    (run / "samples" / "more.npy").write_text("")
    secret = here / "secret"
    secret.write_text("s")
    (run / "error.txt").write_text("last words")
    sealed = record.read(run).sha256
    change(run, sha256=sealed | {"evil.sh": files.sha256(run / "evil.sh")})
    merge(here, "A")
    copied = here / "M" / "s" / run.name
    assert (copied / "error.txt").read_text() == "last words"
    assert not (copied / "evil.sh").exists() and not (copied / "samples" / "more.npy").exists()
    (run / "error.txt").unlink()
    (run / "error.txt").symlink_to(secret)
    with pytest.raises(InputError):
        merge(here, "A", into="N")


def test_a_pipe_in_the_place_of_a_file_holds_nobody(here):
    run = a_run(here / "A")
    (run / "error.txt").unlink(missing_ok=True)
    os.mkfifo(run / "error.txt")
    merge(here, "A")
    assert not (here / "M" / "s" / run.name / "error.txt").exists()
    sample = sorted((run / "samples").glob("*.npy"))[0]
    sample.unlink()
    os.mkfifo(sample)
    with pytest.raises(InputError, match="not a regular file"):
        merge(here, "A", into="N")


def test_other_settings_are_named_and_not_the_runs_whose_keys_follow_from_them(here):
    typed(here / "B", '"3step"', '"4step"')
    names = [name[:-8] + "01234567" for name in record.read_suite(here / "B" / "s")["runs"]]
    edit(here / "B", runs=names)
    with pytest.raises(InputError) as raised:
        merge(here, "A", "B")
    assert [line.partition(":")[0] for line in str(raised.value).splitlines()[1:]] == ["  budget"]
    typed(here / "B", '"4step"', '"3step"')
    with pytest.raises(InputError) as raised:
        merge(here, "A", "B")
    lines = str(raised.value).splitlines()[1:]
    assert [line.partition(":")[0] for line in lines] == ["  run"] * 3 + ["  and 1 more"]


def test_weights_that_are_damaged_stay_behind_and_that_is_said(here):
    run = a_run(here / "A")
    (run / "checkpoint" / "state.npy").write_bytes(b"x")
    (note,) = merge(here, "A").notes
    assert "without its weights" in note
    assert not (here / "M" / "s" / run.name / "checkpoint").exists()


def test_a_folder_that_is_none_of_ours_and_one_of_the_sources_are_not_merged_into(here):
    (here / "M" / "s").mkdir(parents=True)
    (here / "M" / "s" / "mine.txt").write_text("")
    with pytest.raises(InputError, match="holds no results"):
        merge(here, "A", "B")
    with pytest.raises(InputError, match="one of the folders"):
        merge(here, "A", "B", into="A")
    with pytest.raises(InputError, match="which is only read"):
        merge(here, "A", "B", into="A/within")
    with pytest.raises(InputError, match="there is no folder"):
        merge(here, "A", "nowhere")
    (here / "empty").mkdir()
    with pytest.raises(InputError, match="no results in"):
        merge(here, "empty")


def test_results_that_a_command_is_at_are_not_merged_into(here):
    merge(here, "A")
    with locks.present(here / "M" / "s"), pytest.raises(InputError, match="at work in"):
        merge(here, "B")


def test_no_command_begins_while_results_are_merged_into(here, monkeypatch):
    merge(here, "A")
    fill, held = merging._fill, []

    def look(place, *rest):
        with pytest.raises(Timeout):
            FileLock(place / ".lock").acquire(timeout=0)
        held.append(place)
        return fill(place, *rest)

    monkeypatch.setattr(merging, "_fill", look)
    merge(here, "B")
    assert held == [here / "M" / "s"]


def test_the_command_says_what_is_missing_and_what_trains_it(here, ganbench, with_page):
    code, said, _ = ganbench("merge", here / "A", "--into", here / "M")
    assert code == 0 and "2 of 4 runs of s are there" in said
    assert "what trains them:  ganbench run --suite" in said
    typed(here / "B", '"3step"', '"4step"')
    code, _, wrong = ganbench("merge", here / "A", here / "B", "--into", here / "M")
    assert code == 2 and "budget: 3step in" in wrong and "Traceback" not in wrong


def test_results_of_version_0_1_can_be_merged(tmp_path):
    old = Path(__file__).parents[1] / "version_0_1" / "results"
    told = merging.merge([old], tmp_path / "M", None, "ganbench merge")
    assert told.folder.name == "old" and len(runs_of(tmp_path / "M")) == 3
    assert suite_part.read(tmp_path / "M").names == suite_part.read(old).names


def test_what_the_machines_have_alike_is_said_of_the_suite_and_commits_are_named(here):
    for name, commit, host in (("A", "aaa", "one"), ("B", "bbb", "two")):
        about = record.read_suite(here / name / "s")
        facts = {"commit": commit, "hostname": host, "python": "3.11"}
        edit(here / name, environment=about["environment"] | facts, price="0.35/h")
    told = merge(here, "A", "B")
    about = record.read_suite(here / "M" / "s")
    assert told.notes == ("the runs are of several commits of ganbench: aaa, bbb",)
    assert about["warnings"][-1] == told.notes[0] and about["merged"] is True
    assert about["environment"]["python"] == "3.11"
    assert not {"commit", "hostname"} & about["environment"].keys()
    assert (about["price"], about["command"]) == ("0.35/h", "ganbench merge")


def test_warnings_and_codes_of_all_folders_stay_each_once(here):
    edit(here / "A", warnings=["same", "of A"], code={"a": "1"}, primary=None)
    edit(here / "B", warnings=["same", "of B"], code={"b": "2"})
    merge(here, "A", "B")
    about = record.read_suite(here / "M" / "s")
    assert about["warnings"] == ["same", "of A", "of B"]
    assert (about["code"], about["primary"]) == ({"a": "1", "b": "2"}, "fwd")


def test_what_the_first_folder_has_not_comes_from_the_next(here):
    (here / "A" / "s" / "baselines.json").unlink()
    shutil.rmtree(here / "A" / "s" / "gallery")
    merge(here, "A", "B")
    made, other = here / "M" / "s", here / "B" / "s"
    assert record.read_baselines(made) == record.read_baselines(other) != ()
    for name in ("source", "target"):
        path = f"gallery/{name}.npy"
        assert (files.read_array(made / path) == files.read_array(other / path)).all()


def test_what_are_no_pictures_is_not_shown(here):
    for name in "AB":
        path = here / name / "s" / "gallery" / "target.npy"
        files.write_array(path, files.read_array(path).astype("float32"))
    merge(here, "A", "B")
    assert not (here / "M" / "s" / "gallery" / "target.npy").exists()
    assert (here / "M" / "s" / "gallery" / "source.npy").exists()


def test_a_merged_suite_that_is_a_link_is_not_followed(here):
    (here / "M").mkdir()
    (here / "elsewhere").mkdir()
    (here / "M" / "s").symlink_to(here / "elsewhere", target_is_directory=True)
    with pytest.raises(InputError, match="is a link, which is not followed"):
        merge(here, "A", "B")
    assert list((here / "elsewhere").iterdir()) == []


def test_the_scored_one_of_two_is_taken_whichever_folder_is_named_first(here):
    scored = a_run(here / "A")
    other = here / "B" / "s" / scored.name
    shutil.copytree(scored, other)
    change(other, scores={}, curve=())
    for at, order in enumerate(("AB", "BA")):
        merge(here, *order, into=f"M{at}")
        assert runs_of(here / f"M{at}")[scored.name].curve
    change(other, seed=9)
    with pytest.raises(InputError, match="not the same"):
        merge(here, "A", "B", into="N")


def test_a_run_that_comes_with_its_scores_later_replaces_the_one_without(here):
    scored = a_run(here / "A")
    whole = record.read(scored)
    change(scored, scores={}, curve=())
    merge(here, "A")
    assert not runs_of(here / "M")[scored.name].curve
    record.write(scored, whole)
    merge(here, "A")
    assert runs_of(here / "M")[scored.name].curve == whole.curve


def test_a_run_that_is_trained_to_its_end_later_replaces_the_interrupted_one(here):
    run = a_run(here / "A")
    done = record.read(run)
    change(run, status=record.Status("interrupted", 1, 0.3))
    told = merge(here, "A", "B")
    assert (told.runs, told.missing) == (3, (run.name,))
    record.write(run, done)
    told = merge(here, "A", "B")
    assert (told.runs, told.missing) == (4, ())
    assert runs_of(here / "M")[run.name].status.name == "done"


@pytest.mark.parametrize("status", ["interrupted", "failed"])
def test_of_runs_that_go_on_the_one_that_is_ahead_is_taken_again_and_again(here, status):
    run = a_run(here / "A")
    used = record.read(run).used
    for steps in (1, 2, 2):
        more = {"used": replace(used, steps=steps, wall_seconds=10.0 + steps)}
        change(run, status=record.Status(status, steps, 0.3), **more)
        assert merge(here, "A", "B").missing == (run.name,)
        assert runs_of(here / "M")[run.name].used.steps == steps
    change(run, used=replace(used, steps=1))
    merge(here, "A", "B")
    assert runs_of(here / "M")[run.name].used.steps == 2


def test_what_was_merged_before_gives_way_where_that_is_asked_for(here):
    assert merge(here, "A", "B").runs == 4
    one, other = sorted(path.parent for path in (here / "A").glob("s/*/record.json"))
    anew = replace(record.read(one).used, wall_seconds=77.0)
    change(one, used=anew)
    change(other, used=anew, status=record.Status("interrupted", 1, 0.3))
    with pytest.raises(InputError, match="one run is there twice"):
        merge(here, "A", "B")
    places = [here / "A", here / "B"]
    assert merging.merge(places, here / "M", None, "again", over=True).runs == 4
    found = runs_of(here / "M")
    assert found[one.name].used == anew and found[other.name].status.name == "done"


def test_folders_without_a_single_run_are_not_merged(here):
    for path in (here / "A").glob("s/*/record.json"):
        shutil.rmtree(path.parent)
    with pytest.raises(InputError, match="no run is there yet"):
        merge(here, "A")
    assert not (here / "M").exists()


def test_a_sheet_of_samples_and_the_job_come_along_and_a_job_that_is_none_does_not(here):
    run = a_run(here / "A")
    sheets = {path.name for path in (run / "samples").glob("*.png")}
    (run / "samples" / "more.png").write_bytes(b"x")
    merge(here, "A")
    copied = here / "M" / "s" / run.name
    assert sheets and {path.name for path in (copied / "samples").glob("*.png")} == sheets
    assert files.read_json(copied / "run.json") == files.read_json(run / "run.json")
    (run / "run.json").write_text("[1]")
    merge(here, "A", into="N")
    assert not (here / "N" / "s" / run.name / "run.json").exists()


def test_the_log_of_a_run_that_goes_on_may_have_grown_and_that_of_a_done_one_may_not(here):
    run = a_run(here / "A")
    with (run / "history.csv").open("a") as file:
        file.write("more\n")
    with pytest.raises(InputError, match=r"history\.csv is damaged"):
        merge(here, "A")
    change(run, status=record.Status("interrupted", 1, 0.3))
    merge(here, "A")
    assert (here / "M" / "s" / run.name / "history.csv").read_text().endswith("more\n")
