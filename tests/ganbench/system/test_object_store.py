"""Objects of a real S3 server, and what is said where it is not what it should be."""

import sys

import fsspec.registry  # noqa: F401
import pytest

from ganbench.errors import InputError
from ganbench.system import object_store
from ganbench.system.object_store import StorageError, Store


@pytest.fixture
def store(bucket):
    return Store(bucket.address + "/")


def test_what_is_put_is_found_and_comes_back(store, bucket, tmp_path):
    assert store.address == bucket.address and store.find() == {}
    (tmp_path / "a").write_bytes(b"one")
    put = store.put(tmp_path / "a", "s/run/a.npy")
    bucket.write("s2/b", b"")
    assert store.find()["s/run/a.npy"] == put and put.bytes == 3 and put.when > 0
    assert list(store.find("s")) == ["s/run/a.npy"] and list(store.find("s2")) == ["s2/b"]
    store.get("s/run/a.npy", put, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"one"
    (tmp_path / "a").write_bytes(b"two")
    assert store.put(tmp_path / "a", "s/run/a.npy").mark != put.mark
    store.remove("s/run/a.npy")
    assert store.find("s") == {}


def test_an_object_of_another_length_than_was_said_is_refused(store, bucket, tmp_path, monkeypatch):
    bucket.write("a", b"one")
    stored = store.find()["a"]
    bucket.write("a", b"two")
    with pytest.raises(StorageError, match="was written to while it was read"):
        store.get("a", stored, tmp_path / "a")
    for data in (b"four", b"", b"x" * 10**6):
        bucket.write("a", data)
        store.find()
        with pytest.raises(StorageError, match="has other than the 3 bytes"):
            store.get("a", stored, tmp_path / "a")
    monkeypatch.setattr(object_store, "CHUNK", 16)
    with pytest.raises(StorageError):
        store.get("a", stored, tmp_path / "a")
    assert (tmp_path / "a").stat().st_size == 16  # whatever comes after is not waited for


def test_names_that_could_leave_a_folder_are_left_out(store, bucket):
    bad = ["../a", "s/../../a", "/a", "s//a", "s\\a", "s/\x1b[2Ja", "./a"]
    keys = [f"{store._root}/{name}" for name in [*bad, "good"]]
    store._system.find = lambda *_, **__: {key: {"size": 1} for key in [*keys, "elsewhere/a"]}
    assert list(store.find()) == ["good"]


def test_a_failure_that_passes_is_not_seen(store, bucket, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "4")
    (tmp_path / "a").write_bytes(b"one")
    bucket.fail("503 Slow Down", "PUT", "/a", times=2)
    store.put(tmp_path / "a", "a")
    bucket.fail("cut", "PUT", "/b", times=2)
    store.put(tmp_path / "a", "b")
    assert bucket.objects() == {"a": b"one", "b": b"one"}


def test_a_failure_that_stays_is_one_sentence(store, bucket, tmp_path):
    (tmp_path / "a").write_bytes(b"one")
    bucket.fail("cut", "PUT", "/a")
    with pytest.raises(StorageError, match=r"s3://b\w+/some/results does not answer \(") as failed:
        store.put(tmp_path / "a", "a")
    assert "\n" not in str(failed.value) and bucket.objects() == {}
    bucket.fail("403 Access Denied", "PUT", "/b")
    with pytest.raises(StorageError, match="not allowed to write there") as failed:
        store.put(tmp_path / "a", "b")
    assert "AWS_PROFILE" in failed.value.hint


def test_whether_it_can_be_written_is_tried_and_leaves_nothing(store, bucket):
    store.check_writable()
    assert bucket.objects() == {}
    bucket.fail("403 Access Denied", "DELETE", "/")
    store.check_writable()  # a key that may only add is good enough
    bucket.fail("403 Access Denied", "PUT", "/")
    with pytest.raises(StorageError, match="not allowed to write"):
        store.check_writable()


def test_without_a_bucket_or_credentials_one_sentence_says_so(bucket, monkeypatch):
    with pytest.raises(StorageError, match="s3://nobody-has-it/x is not there") as failed:
        Store("s3://nobody-has-it/x").find()
    assert failed.value.hint == "make it, or name another"
    monkeypatch.delenv("AWS_ACCESS_KEY_ID"), monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(StorageError, match="no credentials were found for s3://") as failed:
        Store(bucket.address).find()
    assert "AWS_ACCESS_KEY_ID" in failed.value.hint


def test_a_server_that_is_not_there_is_one_sentence(bucket, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StorageError, match="does not answer") as failed:
        Store(bucket.address).find()
    assert failed.value.hint == "the same command goes on"


@pytest.mark.parametrize(
    ("address", "sentence", "hint"),
    [
        ("nosuch://a/b", '"nosuch://" is no storage that is known', object_store.EXAMPLE),
        ("s3://", '"s3://" is no address of a folder', object_store.EXAMPLE),
        ("zip://a::s3://b/c", "is no address of a folder", object_store.EXAMPLE),
        ("s3://a/\x1b[2J", "is no address of a folder", object_store.EXAMPLE),
        ("ftp://me:secret@host/x", "an address with a password", "AWS_PROFILE"),
        ("gs://a/b", "results on gs:// need another package", "pip install gcsfs"),
    ],
)
def test_what_is_no_address_is_refused_with_what_would_be_one(address, sentence, hint, monkeypatch):
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(InputError) as refused:
        Store(address)
    assert sentence in str(refused.value) and hint in refused.value.hint
    assert "secret" not in str(refused.value) + refused.value.hint


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    known = sys.modules["fsspec.registry"]._registry  # of backends that were met before
    monkeypatch.delitem(known, "s3", raising=False)
    with pytest.raises(StorageError) as refused:
        Store("s3://bucket/path")
    assert refused.value.hint == 'pip install "ganbench[cloud]"'


@pytest.mark.parametrize("path", ["results", "/a/b", "C:\\a", "s3:/a", "./a://b", "1s://b"])
def test_a_path_is_no_address(path):
    assert not object_store.is_address(path)
    assert object_store.is_address("s3://bucket/path")
