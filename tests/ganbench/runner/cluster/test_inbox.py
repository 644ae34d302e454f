"""What a node sends of a run's folder, and what the driver takes of it."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ganbench import record
from ganbench.errors import InputError
from ganbench.runner.cluster import outbox as outbox_module
from ganbench.runner.cluster.inbox import Inbox
from ganbench.runner.cluster.outbox import Outbox
from ganbench.system import files
from ganbench.training import checkpoint

KEY = "0123abcd"


def save(folder, steps, key=KEY):
    """What a worker leaves at a save."""

    def write(draft):
        draft.mkdir(exist_ok=True)
        np.save(draft / "state.npy", np.arange(steps), allow_pickle=False)

    files.write_bytes(folder / "film" / f"step-{steps:08d}.npy", b"film")
    files.append_text(folder / "history.csv", f"{steps}\n")
    checkpoint.save(folder, write, {"key": key, "steps": steps})


def finish(folder, key=KEY):
    written = record.Record(
        key=key, suite="s", data={}, model="m", label="m", framework="pytorch", source="noise",
        seed=0, size=32, budget="3step", settings={}, environment={},
        status=record.Status("done", 3, 1.0),
    )  # fmt: skip
    record.write(folder, written)


def content(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def way(tmp_path):
    """The two ends, and the folders at them."""
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    return Outbox(there, tmp_path / "aside"), Inbox(here, KEY), there, here


def bring(messages, inbox):
    for message in messages:
        inbox.take(message)


def test_a_save_arrives_whole_and_only_what_has_changed_is_sent_again(way):
    outbox, inbox, there, here = way
    assert outbox.saved() is None
    save(there, 1)
    bring(outbox.saved(), inbox)
    assert content(here) == content(there)
    assert outbox.saved() is None
    save(there, 2)
    (there / "secret.txt").write_text("not a run's")
    second = list(outbox.saved())
    assert "film/step-00000001.npy" not in second[0]["files"]
    bring(second, inbox)
    assert checkpoint.find(here)[1]["steps"] == 2
    assert (here / "checkpoint-previous").exists()  # one save may be torn by a crash here
    assert "secret.txt" not in content(here) and "film/step-00000002.npy" in content(here)
    finish(there)
    bring(outbox.last(), inbox)
    assert record.read(here) == record.read(there)


def test_what_judging_adds_is_sent_by_itself(way):
    outbox, inbox, there, here = way
    save(there, 1)
    finish(there)
    bring(outbox.last(), inbox)
    for name in ("nearest.json", "nearest/pictures.npy"):
        files.write_bytes(there / name, b"near")
    record.write(there, replace(record.read(there), evidence={"nearest": "nearest.json"}))
    messages = list(outbox.last())
    assert set(messages[0]["files"]) == {"nearest.json", "nearest/pictures.npy", "record.json"}
    bring(messages, inbox)
    assert record.read(here).evidence and (here / "nearest.json").read_bytes() == b"near"


def test_what_is_sent_is_of_its_moment_whatever_the_worker_does_meanwhile(way):
    outbox, inbox, there, here = way
    save(there, 1)
    messages = outbox.saved()
    first = next(messages)
    save(there, 2)
    save(there, 3)
    assert outbox.saved() is None  # one after the other
    inbox.take(first)
    bring(messages, inbox)
    assert checkpoint.find(here)[1]["steps"] == 1
    bring(outbox.saved(), inbox)
    assert checkpoint.find(here)[1]["steps"] == 3


def test_what_came_from_the_driver_is_not_sent_back(way):
    outbox, _, there, _ = way
    save(there, 1)
    outbox.skip()
    assert outbox.saved() is None
    files.append_text(there / "events.jsonl", "{}\n")
    assert set(next(outbox.last())["files"]) == {"events.jsonl"}


def test_a_checkpoint_that_is_damaged_on_the_node_stays_there(way):
    outbox, inbox, there, here = way
    save(there, 1)
    (there / "checkpoint" / "state.npy").write_bytes(b"x")
    assert outbox.saved() is None
    bring(outbox.last(), inbox)
    assert not (here / "checkpoint").exists() and (here / "history.csv").exists()


def saving(**names):
    return {"kind": "saving", "files": {n: {"bytes": 1, "sha256": "0"} for n in names["names"]}}


@pytest.mark.parametrize(
    "name",
    [
        *("../x", "/etc/passwd", "film/../../x.npy", "checkpoint/../../x", "run.json", "x.sh"),
        *("checkpoint/../record.json", "film/a/b.npy", "film/.x.npy", "checkpoint/", "C:\\x"),
        *("samples/x.npy\n", "checkpoint/a\0b", "checkpoint//etc/passwd\0"),
    ],
)
def test_a_name_that_is_no_file_of_a_run_is_refused(way, name):
    _, inbox, _, here = way
    with pytest.raises(InputError):
        inbox.take(saving(names=[name]))
    assert not [name for name in content(here.parent) if not name.startswith("here/.arriving")]


def test_a_link_in_the_way_is_not_followed(way, tmp_path):
    outbox, inbox, there, here = way
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    here.mkdir()
    (here / "film").symlink_to(elsewhere, target_is_directory=True)
    save(there, 1)
    with pytest.raises(InputError, match="no name of a file inside"):
        bring(outbox.saved(), inbox)
    assert content(elsewhere) == {}


def without(messages, kind):
    return [message for message in messages if message["kind"] != kind]


def changed(messages):
    return [m | {"data": m["data"][:-1] + b"!"} if m["kind"] == "part" else m for m in messages]


def longer(messages):
    return [m | {"data": m["data"] + b"!"} if m["kind"] == "part" else m for m in messages]


BAD = {
    "cut": lambda messages: without(messages, "part"),
    "changed": changed,
    "longer": longer,
    "unannounced": lambda messages: without(messages, "saving"),
    "senseless": lambda messages: [{"kind": "saving", "files": 7}],
    "endless": lambda messages: [
        {"kind": "saving", "files": {"error.txt": {"bytes": 1 << 62, "sha256": "0"}}}
    ],
    "many": lambda messages: [saving(names=[f"film/{i}.npy" for i in range(60_000)])],
}


@pytest.mark.parametrize("how", BAD)
def test_what_did_not_arrive_as_it_was_sent_changes_nothing(way, how):
    outbox, inbox, there, here = way
    save(there, 1)
    bring(outbox.saved(), inbox)
    before = content(here)
    save(there, 2)
    with pytest.raises(InputError):
        bring(BAD[how](list(outbox.saved())), inbox)
    inbox.clear()
    assert content(here) == before


def test_another_runs_record_or_checkpoint_is_refused(way):
    outbox, inbox, there, here = way
    finish(there, "deadbeef")
    with pytest.raises(InputError, match="another run"):
        bring(outbox.last(), inbox)
    (there / "record.json").unlink()
    save(there, 1, "deadbeef")
    with pytest.raises(InputError, match="another run"):
        bring(outbox.saved(), inbox)
    assert not (here / "record.json").exists() and not (here / "checkpoint").exists()


def test_a_save_that_is_cut_short_is_forgotten_and_the_next_one_counts(way):
    outbox, inbox, there, here = way
    save(there, 1)
    bring(list(outbox.saved())[:2], inbox)
    inbox.clear()
    assert content(here) == {}
    again = Outbox(there, there.parent / "other")
    again._mark_sent = None
    bring(again.saved(), inbox)
    assert json.loads((here / "checkpoint" / "checkpoint.json").read_text())["state"]["steps"] == 1


def test_a_checkpoint_that_a_save_takes_away_while_it_is_listed_is_no_error(way, monkeypatch):
    outbox, _, there, _ = way
    for name in ("a", "b"):
        (there / "samples").mkdir(exist_ok=True)
        (there / "samples" / f"{name}.npy").write_bytes(b"x")
    (there / "checkpoint-previous").mkdir()
    scandir, stamp = os.scandir, outbox_module._stamp

    def gone(place):
        if Path(place).name == "checkpoint-previous":
            raise FileNotFoundError(place)
        return scandir(place)

    def gone_too(path):
        if path.name == "b.npy":
            raise FileNotFoundError(path)
        return stamp(path)

    monkeypatch.setattr(os, "scandir", gone)
    monkeypatch.setattr(outbox_module, "_stamp", gone_too)
    assert "samples/a.npy" in outbox._stamps() and "samples/b.npy" not in outbox._stamps()
