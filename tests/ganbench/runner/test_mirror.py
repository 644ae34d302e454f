"""Results on a real S3 server: what is pushed, what is fetched, and what survives a cut line."""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ganbench import record
from ganbench.errors import InputError
from ganbench.runner import mirror as mirrors
from ganbench.runner import run_copy
from ganbench.runner.mirror import Mirror
from ganbench.runner.seen import Seen
from ganbench.system import files, locks
from ganbench.system.object_store import StorageError, Stored
from ganbench.training import checkpoint

from .conftest import LIGHT, SMALL, ended, judged, light, started

SUITE = "s"


def train(two_domains, results, *more):
    """The real command on two small runs: exit code, and all it says."""
    return judged(light(two_domains, results, *SMALL, *more))


@pytest.fixture(scope="module")
def made(two_domains, tmp_path_factory):
    """A suite of two runs in a folder."""
    folder = tmp_path_factory.mktemp("made")
    code, said = train(two_domains, folder)
    assert code == 0, said
    return folder


@pytest.fixture
def machine(bucket, tmp_path, monkeypatch):
    """Go to a machine by its name: the folder that it keeps of the bucket's results."""

    def go(name):
        monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / name))
        return Mirror(bucket.address)

    return go


@pytest.fixture
def first(machine, made):
    """A machine that has run all and pushed nothing."""
    mirror = machine("first")
    shutil.copytree(made / SUITE, mirror.folder / SUITE)
    return mirror


def runs(mirror):
    """Names of the runs that a machine has."""
    return sorted(path.parent.name for path in mirror.folder.glob(f"{SUITE}/*/record.json"))


def change(mirror, run, **changes):
    place = mirror.folder / SUITE / run
    record.write(place, replace(record.read(place), **changes))


def records(bucket):
    return sorted(name for name in bucket.objects() if name.endswith("record.json"))


def content(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(".lock")
    }


def test_one_machine_trains_and_another_has_it_all(two_domains, bucket, machine):
    one = machine("one")
    code, said = train(two_domains, bucket.address)
    assert code == 0 and f"{bucket.address} is kept in {one.folder}" in said
    assert f"pushed to {bucket.address}" in said and "2 to do" in said
    assert len(records(bucket)) == 2
    two = machine("two")
    bucket.puts()
    code, said = train(two_domains, bucket.address)
    assert code == 0 and "2 done, 0 to do" in said, said
    assert not [name for name in bucket.puts() if name.endswith(("record.json", ".npy"))]
    for run in runs(one):
        mine, theirs = (record.read(side.folder / SUITE / run) for side in (one, two))
        assert mine == theirs and mine.sha256
        for name in mine.sha256:
            record.file(two.folder / SUITE / run, mine, name)


def test_a_line_cut_in_the_middle_loses_nothing_and_the_same_command_goes_on(
    two_domains, bucket, machine
):
    mirror = machine("one")
    bucket.fail("cut", "PUT", "/checkpoint/")
    code, said = train(two_domains, bucket.address)
    assert code == 2 and "not pushed yet: " in said and "Traceback" not in said
    assert "error: not all is pushed: " in said
    assert "the same command pushes what is missing" in said and str(mirror.folder) in said
    assert records(bucket) == [] and bucket.objects()  # half a run is none
    assert machine("two").fetch(SUITE) == [] and runs(machine("two")) == []
    done = {run: record.read(machine("one").folder / SUITE / run) for run in runs(mirror)}
    assert [run.status.name for run in done.values()] == ["done", "done"]
    bucket.mend()
    before, _ = set(bucket.objects()), bucket.puts()
    code, said = train(two_domains, bucket.address)
    assert code == 0 and "2 done, 0 to do" in said and len(records(bucket)) == 2
    again = [name for name in bucket.puts() if name in before and name.endswith(".npy")]
    assert again == []  # what had come through did not go twice
    assert {run: record.read(mirror.folder / SUITE / run) for run in done} == done


@pytest.mark.slow
def test_what_one_machine_has_begun_another_ends(two_domains, bucket, machine):
    asked = ("--models", "toy-gan:seconds=0.05", "--seeds", "0", "--budget", "100step")
    machine("one")
    code, said = train(two_domains, bucket.address, *asked, "--until", "4s")
    assert code == 130 and "time is up" in said and len(records(bucket)) == 1, said
    two = machine("two")
    code, said = train(two_domains, bucket.address, *asked)
    assert code == 0 and "resumed at step" in said, said
    (run,) = runs(two)
    assert record.read(two.folder / SUITE / run).status.name == "done"
    name = f"{SUITE}/{run}/record.json"
    assert bucket.objects()[name] == (two.folder / name).read_bytes()


@pytest.mark.slow
def test_python_pushes_too_and_force_replaces_what_was_there(two_domains, bucket, machine):
    mirror = machine("one")
    words = [sys.executable, "-u", LIGHT / "light_api.py", two_domains, bucket.address, "3step"]
    _, said = ended(started(list(map(str, words))))
    assert said.endswith("done (8, 32, 32, 3)\n"), said
    assert f"{bucket.address} is kept in {mirror.folder}" in said
    code, said = train(two_domains, bucket.address)
    before = {name: bucket.objects()[name] for name in records(bucket)}
    machine("two")
    code, said = train(two_domains, bucket.address, "--force")
    assert code == 0 and len(before) == 3, said
    after = {name: bucket.objects()[name] for name in before}
    assert [after[name] == before[name] for name in before].count(True) == 1  # not of this command


def test_a_record_comes_after_all_that_it_names(first, bucket):
    assert first.push(SUITE, runs(first)) == []
    puts = bucket.puts()
    for run in runs(first):
        mine = [name for name in puts if name.startswith(f"{SUITE}/{run}/")]
        assert mine[-1].endswith("record.json") and mine[-2].endswith("checkpoint.json")
        told = record.read(first.folder / SUITE / run).sha256
        assert {f"{SUITE}/{run}/{name}" for name in told} < set(mine)
    assert puts[-1] == f"{SUITE}/suite.json"
    first.push(SUITE, runs(first))
    assert bucket.puts() == []


def test_what_scoring_adds_goes_and_nothing_else_does(first, bucket):
    first.push(SUITE, runs(first)), bucket.puts()
    run = runs(first)[0]
    change(first, run, converted_from="pytorch")
    first.push(SUITE, runs(first))
    assert bucket.puts() == [f"{SUITE}/{run}/record.json"]


def test_while_files_of_a_run_are_replaced_it_is_not_there(first, bucket):
    first.push(SUITE, runs(first))
    run = runs(first)[0]
    place = first.folder / SUITE / run
    files.write_text(place / "events.jsonl", "anew\n")
    change(first, run, converted_from="pytorch")
    bucket.fail("cut", "PUT", "/events.jsonl")
    with pytest.raises(StorageError, match="does not answer"):
        first.push(SUITE, [run])
    assert records(bucket) == [f"{SUITE}/{runs(first)[1]}/record.json"]
    bucket.mend()
    assert first.push(SUITE, [run]) == [] and len(records(bucket)) == 2


def test_damage_here_is_not_pushed(first, bucket):
    run = runs(first)[0]
    (sample, *_) = sorted((first.folder / SUITE / run / "samples").glob("*.npy"))
    files.write_bytes(sample, b"other")
    (note,) = first.push(SUITE, runs(first))
    assert note.startswith(f"{run} is not pushed: ") and "is damaged" in note
    assert records(bucket) == [f"{SUITE}/{runs(first)[1]}/record.json"]


def test_damage_there_is_not_taken(first, machine, bucket):
    first.push(SUITE, runs(first))
    run, other = runs(first)
    (name,) = [n for n in bucket.objects() if n.startswith(f"{SUITE}/{run}/film/")][:1]
    bucket.write(name, b"other")
    second = machine("second")
    (note,) = second.fetch(SUITE)
    assert note.startswith(f"{run} is not taken from the storage: ") and "is damaged" in note
    assert runs(second) == [other]
    bucket.remove(name)
    (note,) = second.fetch(SUITE)
    assert "is not there" in note and runs(second) == [other]
    bucket.write(f"{SUITE}/{run}/record.json", b"{")
    (note,) = second.fetch(SUITE)
    assert "is not taken" in note and runs(second) == [other]


def test_what_a_stranger_put_there_leaves_no_folder(first, machine, bucket, tmp_path):
    first.push(SUITE, runs(first))
    run = runs(first)[0]
    place = first.folder / SUITE / run
    evil = {"../../../evil.npy": "0" * 64, "/tmp/evil.npy": "0" * 64, "evil.npy": "0" * 64}
    known = record.read(place)
    record.write(place, replace(known, sha256=known.sha256 | evil))
    bucket.write(f"{SUITE}/{run}/record.json", (place / "record.json").read_bytes())
    for name in (f"{SUITE}/{run}/evil.npy", "evil-01234567/record.json", f"{SUITE}/x/record.json"):
        bucket.write(name, b"evil")
    note = place / "checkpoint" / "checkpoint.json"
    told = files.read_sealed(note)
    files.write_sealed(note, told | {"files": told["files"] | {"../../../evil.npy": "0" * 64}})
    bucket.write(f"{SUITE}/{run}/checkpoint/checkpoint.json", note.read_bytes())
    second = machine("second")
    second.fetch(weights=True)
    there = content(tmp_path / "second")
    assert not [name for name in there if "evil" in name] and runs(second) == runs(first)
    assert not (second.folder / SUITE / run / "checkpoint").exists()


def test_weights_come_for_runs_that_go_on_and_when_they_are_asked_for(first, machine):
    done, open_ = runs(first)
    change(first, open_, status=record.Status("interrupted", 1, 0.3))
    first.push(SUITE, runs(first))
    second = machine("second")
    assert second.fetch(SUITE) == []
    has = [checkpoint.exists(second.folder / SUITE / run) for run in (done, open_)]
    assert has == [False, True]
    found = checkpoint.find(second.folder / SUITE / open_)
    assert found and found[1] == checkpoint.find(first.folder / SUITE / open_)[1]
    second.fetch(SUITE, weights=True)
    assert checkpoint.find(second.folder / SUITE / done)


def test_what_is_new_on_either_side_wins(first, machine):
    first.push(SUITE, runs(first))
    run = runs(first)[0]
    second = machine("second")
    second.fetch(SUITE)
    change(second, run, converted_from="tensorflow")  # as scoring does
    second.push(SUITE, [run])
    assert first.fetch(SUITE) == []
    assert record.read(first.folder / SUITE / run).converted_from == "tensorflow"
    change(first, run, converted_from="pytorch")
    assert first.fetch(SUITE) == []
    assert record.read(first.folder / SUITE / run).converted_from == "pytorch"


def test_of_two_machines_at_one_run_the_one_that_ended_stands(first, machine, made, bucket):
    run = runs(first)[0]
    second = machine("second")
    shutil.copytree(made / SUITE, second.folder / SUITE)
    change(second, run, status=record.Status("interrupted", 1, 0.3))
    second.push(SUITE, [run])
    assert first.fetch(SUITE) == []  # ours has ended
    assert record.read(first.folder / SUITE / run).status.name == "done"
    assert first.push(SUITE, [run]) == []
    ended = bucket.objects()[f"{SUITE}/{run}/record.json"]
    change(second, run, converted_from="pytorch")
    (note,) = second.push(SUITE, [run])
    assert "another machine came further" in note
    assert bucket.objects()[f"{SUITE}/{run}/record.json"] == ended
    second.fetch(SUITE)
    assert record.read(second.folder / SUITE / run).status.name == "done"


@pytest.mark.slow
def test_the_checkpoint_that_came_further_stays(first, machine, made):
    run = runs(first)[0]
    known = record.read(first.folder / SUITE / run)
    for steps, kept in ((1, "first"), (99, "second")):
        used = replace(known.used, steps=steps)
        second = machine(f"second{steps}")
        shutil.copytree(made / SUITE, second.folder / SUITE)
        change(second, run, used=used, budget="second", status=record.Status("interrupted"))
        second.push(SUITE, [run])
        change(first, run, budget="first", status=record.Status("interrupted"))
        first.fetch(SUITE)
        assert record.read(first.folder / SUITE / run).budget == kept


def test_what_a_command_is_at_is_left_alone(first, machine):
    first.push(SUITE, runs(first))
    run, other = runs(first)
    second = machine("second")
    with locks.claim(second.folder / SUITE / run) as ours:
        assert ours
        second.fetch(SUITE)
        assert runs(second) == [other]
    second.fetch(SUITE)
    assert runs(second) == [run, other]


def test_nobody_can_begin_a_run_while_it_is_taken(first, machine, monkeypatch):
    first.push(SUITE, runs(first))
    second, copy, claimed = machine("second"), run_copy.copy, []

    def look(found, place):
        claimed.append(locks.is_claimed(place))
        return copy(found, place)

    monkeypatch.setattr(run_copy, "copy", look)
    second.fetch(SUITE)
    assert claimed == [True, True] and runs(second) == runs(first)


def test_without_room_nothing_is_fetched(first, machine, monkeypatch):
    first.push(SUITE, runs(first))
    second = machine("second")
    full = shutil._ntuple_diskusage(100, 100, 0)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
    with pytest.raises(StorageError, match="the results need") as refused:
        second.fetch(SUITE)
    assert "GANBENCH_CACHE" in refused.value.hint and runs(second) == []
    assert not list((second.folder / mirrors.OWN).glob("incoming-*"))


def test_a_note_that_is_damaged_costs_time_alone(first, bucket):
    first.push(SUITE, runs(first)), bucket.puts()
    note = first.folder / mirrors.OWN / "seen.json"
    before = files.read_sealed(note)
    note.write_text(note.read_text()[:-9])
    assert Seen(note).get(f"{SUITE}/suite.json") is None
    assert first.push(SUITE, runs(first)) == []
    assert files.read_sealed(note) == before and len(records(bucket)) == 2


def test_a_storage_that_gives_no_mark_is_asked_each_time(tmp_path):
    seen = Seen(tmp_path / "seen.json")
    seen.put("a", "0" * 64, Stored(1, ""))
    assert not seen.is_current("a", Stored(1, "")) and not seen.is_current("b", None)


def test_the_report_of_an_address_is_made_of_what_is_there(
    first, machine, bucket, ganbench, monkeypatch
):
    first.push(SUITE, runs(first))
    second = machine("second")
    code, out, err = ganbench("report", bucket.address)
    page = second.folder / "report.html"
    assert (code, out.strip()) == (0, str(page)) and "toy-gan" in page.read_text("utf-8")
    assert err.startswith("The model does not beat the untouched photographs.")
    second.push_page()
    names = {name for name in bucket.objects() if not name.startswith(f"{SUITE}/")}
    assert {"report.html", "comparison.csv", "comparison.bib"} < names
    assert any(name.startswith("figures/") for name in names)
    bucket.puts(), second.push_page()
    assert bucket.puts() == []
    code, out, err = ganbench("report", bucket.address, "--suite", "other")
    assert code == 2 and "no results of the suite other in s3://" in err


def test_the_list_of_an_address_says_what_would_continue_there(first, machine, bucket, ganbench):
    change(first, runs(first)[0], status=record.Status("interrupted", 1, 0.3))
    first.push(SUITE, runs(first))
    machine("second")
    code, out, _ = ganbench("ls", bucket.address, "--json")
    found = json.loads(out)["runs"]
    assert code == 0 and [run["status"] for run in found] == ["interrupted", "done"]
    assert f"--results {bucket.address}" in found[0]["command"]


@pytest.mark.slow
def test_an_address_is_merged_with_its_weights(first, machine, bucket, tmp_path, ganbench):
    first.push(SUITE, runs(first))
    machine("second")
    into = tmp_path / "merged"
    code, out, err = ganbench("merge", bucket.address, "--into", into)
    assert code == 0 and "2 of 2 runs" in out, err
    assert checkpoint.find(into / SUITE / runs(first)[0])


def test_an_address_without_results_is_one_sentence(bucket, machine, ganbench):
    machine("one")
    for command in ("report", "ls"):
        code, _, err = ganbench(command, bucket.address)
        assert code == 2 and f"no results in {bucket.address}" in err


@pytest.mark.parametrize(
    "words",
    [
        ("card", "s3://a/b"),
        ("open", "s3://a/b"),
        ("compare", "s3://a/b", "s3://a/c"),
        ("export", "s3://a/b", "--to", "onnx"),
        ("convert", "s3://a/b", "--to", "pytorch"),
        ("merge", "a", "--into", "s3://a/b"),
        ("import", "a.pth", "--results", "s3://a/b"),
    ],
)
def test_commands_that_work_on_folders_say_so(words, ganbench):
    code, out, err = ganbench(*words)
    assert (code, out) == (2, "") and "is an address, and this command works on a folder" in err


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("s3://nobody-has-it/x", "s3://nobody-has-it/x is not there"),
        ("nosuch://x/y", "is no storage that is known"),
        ("s3://", "is no address of a folder"),
    ],
)
def test_a_wrong_address_ends_the_command_before_anything_is_done(
    address, words, bucket, machine, ganbench, two_domains, tmp_path
):
    machine("one")
    asked = ("run", "--plugin", LIGHT / "toy_gan.py", "--models", "toy-gan", "--size", 32)
    code, _, err = ganbench(*asked, "--data", two_domains, "--results", address)
    assert code == 2 and words in err and len(err.strip().splitlines()) == 2
    assert not (tmp_path / "one" / "data").exists()


def test_python_takes_an_address_too(first, machine, bucket):
    import ganbench

    first.push(SUITE, runs(first))
    machine("second")
    assert len(ganbench.load(bucket.address).runs) == 2
    with pytest.raises(InputError, match="is no address"):
        ganbench.run("dcgan", results="s3://")
    with pytest.raises(InputError, match="became a path") as refused:
        ganbench.load(Path("s3://bucket/path"))
    assert refused.value.hint == 'as text: "s3://bucket/path"'


@pytest.mark.parametrize("address", ["memory://{}", "file://{}"])
def test_whatever_fsspec_reaches_will_do(address, made, tmp_path, monkeypatch):
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "one"))
    one = Mirror(address.format(tmp_path / "storage"))
    one.store.check_writable()
    shutil.copytree(made / SUITE, one.folder / SUITE)
    bad, good = runs(one)
    assert one.push(SUITE, runs(one)) == []
    (tmp_path / "other").write_bytes(b"other")
    (sample, *_) = record.read(one.folder / SUITE / bad).sha256
    one.store.put(tmp_path / "other", f"{SUITE}/{bad}/{sample}")
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "two"))
    two = Mirror(address.format(tmp_path / "storage"))
    (note,) = two.fetch()
    assert "is damaged" in note and runs(two) == [good]
    assert record.read_suite(two.folder / SUITE) == record.read_suite(one.folder / SUITE)
    change(two, good, converted_from="pytorch")
    assert two.push(SUITE, [good]) == one.fetch(SUITE) == []
    assert record.read(one.folder / SUITE / good).converted_from == "pytorch"
