"""A server that says and sends what each test tells it to, and what is left on the disk after."""

import hashlib
import multiprocessing
import socket
import threading
import time
import urllib.request

import pytest

from ganbench.system import download, https
from ganbench.system.https import NoDownload
from metrics.extractors.release import Release

CONTENT = bytes(range(256)) * 2000
ALL = len(CONTENT)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(download, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(https, "TIMEOUT_SECONDS", 2.0)


class Server:
    """Answers the k-th request with the k-th of `answers`, the last one for ever, and hangs up.

    An answer is bytes, or a list of bytes and of seconds to wait, or a function of the request's
    first wanted byte (None: all) that returns such a list.
    """

    def __init__(self, *answers):
        self.answers, self.asked = answers, []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.at = f"127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        with connection:
            request = b""
            while b"\r\n\r\n" not in request:
                request += connection.recv(4096)
            wanted = None
            if b"Range: bytes=" in request:
                wanted = int(request.split(b"Range: bytes=")[1].split(b"-")[0])
            self.asked.append(wanted)
            answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
            answer = answer(wanted) if callable(answer) else answer
            for part in [answer] if isinstance(answer, bytes) else answer:
                try:
                    time.sleep(part) if isinstance(part, float) else connection.sendall(part)
                except OSError:
                    return


def head(status="200 OK", **fields):
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()


def whole(body=CONTENT, **fields):
    return head(Content_Length=len(CONTENT), **fields) + body


def part(start, end=ALL):
    about = f"bytes {start}-{ALL - 1}/{ALL}"
    fields = {"Content_Range": about, "Content_Length": ALL - start}
    return head("206 Partial Content", **fields) + CONTENT[start:end]


def release(*urls):
    return Release("Inception", hashlib.sha256(CONTENT).hexdigest(), ALL, "weights.pth", urls)


def fetch(server, stored, path="/"):
    wanted = release(f"http://{server.at}{path}")
    download.fetch(wanted.urls[0], stored, None, wanted)


def problem(server, stored):
    with pytest.raises(NoDownload) as caught:
        fetch(server, stored)
    assert not stored.exists()
    assert str(caught.value).isprintable()
    return str(caught.value)


@pytest.fixture
def stored(tmp_path):
    return tmp_path / "cache" / "weights.pth"


def left(stored) -> bytes | None:
    path = download.part_of(stored, release())
    return path.read_bytes() if path.exists() else None


def leave(stored, data: bytes):
    stored.parent.mkdir()
    download.part_of(stored, release()).write_bytes(data)


# Going on


def test_a_cut_download_goes_on_where_it_was_cut_within_one_command(stored):
    server = Server(whole(CONTENT[:1000]), lambda start: part(start, 50_000), part)
    fetch(server, stored)
    assert server.asked == [None, 1000, 50_000]
    assert stored.read_bytes() == CONTENT and left(stored) is None


def test_the_next_command_goes_on_too(stored):
    leave(stored, CONTENT[:4321])
    server = Server(part)
    fetch(server, stored)
    assert server.asked == [4321] and stored.read_bytes() == CONTENT


def test_all_bytes_that_were_left_are_looked_at_and_not_asked_for(stored):
    leave(stored, CONTENT)
    server = Server(head("500 Never asked"))
    fetch(server, stored)
    assert server.asked == [] and stored.read_bytes() == CONTENT


def test_a_server_that_cannot_go_on_starts_over(stored):
    leave(stored, CONTENT[:4321])
    server = Server(whole())
    fetch(server, stored)
    assert server.asked == [4321] and stored.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "about",
    [
        "bytes 0-511999/512000",
        "bytes 100-511999/512001",
        "bytes 100-99/512000",
        "bytes 100-512000/512000",
        "bytes 100-511999/*",
        "pictures 100-511999/512000",
        "",
        "9" * 5000,
    ],
)
def test_a_wrong_range_starts_over(about, stored):
    leave(stored, CONTENT[:100])
    lie = head("206 Partial Content", Content_Range=about, Content_Length=ALL - 100)
    server = Server(lie + CONTENT[100:], whole())
    fetch(server, stored)
    assert server.asked == [100, None] and stored.read_bytes() == CONTENT


def test_a_range_that_is_refused_starts_over(stored):
    leave(stored, CONTENT[:100])
    server = Server(head("416 Range Not Satisfiable", Content_Length=0), whole())
    fetch(server, stored)
    assert server.asked == [100, None] and stored.read_bytes() == CONTENT


@pytest.mark.parametrize("damaged", [CONTENT[:99] + b"?", bytes(ALL), CONTENT + b"?"])
def test_damaged_bytes_that_were_left_are_deleted_and_all_comes_anew(damaged, stored):
    leave(stored, damaged)
    fetch(Server(lambda start: part(start) if start else whole()), stored)
    assert stored.read_bytes() == CONTENT and left(stored) is None


def test_wrong_content_is_deleted(stored):
    assert "wrong content" in problem(Server(whole(CONTENT[::-1])), stored)
    assert left(stored) is None


def test_a_server_that_gives_nothing_more_is_not_asked_for_ever(stored):
    leave(stored, CONTENT[:100])
    server = Server(lambda start: part(start, start + 10))
    assert "cut after 150 of 512,000 bytes" in problem(server, stored)
    assert len(server.asked) == download.ATTEMPTS and left(stored) == CONTENT[:150]
    server = Server(lambda start: part(start, start))
    assert "cut after 150" in problem(server, stored)
    assert server.asked == [150]


def test_a_page_in_place_of_the_file_does_not_replace_what_was_left(stored):
    leave(stored, CONTENT[:100])
    page = head(Content_Length=5) + b"login"
    assert "5 bytes are announced, not the 512,000" in problem(Server(page), stored)
    assert left(stored) == CONTENT[:100]


# Lies and delays


def test_no_byte_more_is_read_than_the_file_has(stored):
    for length in ({}, {"Content_Length": "many"}, {"Content_Length": "9" * 5000}):
        fetch(Server([head(**length), CONTENT, b"more" * 10_000]), stored)
        assert stored.read_bytes() == CONTENT
        stored.unlink()


@pytest.mark.parametrize("length", [ALL - 1, ALL + 1, 10**18])
def test_another_length_is_refused_before_a_byte_is_kept(length, stored):
    said = problem(Server(head(Content_Length=length) + CONTENT), stored)
    assert f"{length:,} bytes are announced" in said
    assert left(stored) is None


def test_a_server_that_stalls_is_given_up_and_its_bytes_are_kept(monkeypatch, stored):
    monkeypatch.setattr(https, "TIMEOUT_SECONDS", 0.2)
    server = Server([whole(CONTENT[:1000]), 5.0], [2.0])
    assert "no answer within 0.2 s" in problem(server, stored)
    assert left(stored) == CONTENT[:1000]


def test_a_server_that_drips_is_given_up(monkeypatch, stored):
    monkeypatch.setattr(download, "SLOW_SECONDS", 0.3)
    server = Server([whole(b""), *[b"\0", 0.05] * 100])
    assert "bytes came in 0.3 s" in problem(server, stored)
    assert len(left(stored)) < 100


def test_a_head_that_drips_is_given_up(monkeypatch, stored):
    monkeypatch.setattr(https, "ANSWER_SECONDS", 0.3)
    assert "no whole answer within 0.3 s" in problem(Server([b"H", *[b"T", 0.05] * 100]), stored)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"220 this is no web server\r\n",
        b"HTTP/1.1 200 \x1b[31mOK\r\nContent-Length: 1\r\n\r\n",
        b"HTTP/1.1 503 B\x1b[2Jusy\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200,
        b"HTTP/1.1 200 " + b"x" * 100_000,
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n",
        b"HTTP/1.1 206 Partial Content\r\nContent-Length: 1\r\n\r\nx",
    ],
)
def test_nonsense_is_one_printable_sentence(answer, stored):
    problem(Server(answer), stored)
    assert not left(stored)


# Redirects


def to(url):
    return head("302 Found", Location=url, Content_Length=0)


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "file:///etc/passwd", "ftp://example.com/x", "data:,x", "//[", ""],
)
def test_a_redirect_leads_nowhere_else(url, stored):
    server = Server(to(url))
    assert problem(server, stored)
    assert len(server.asked) <= 5 and left(stored) is None


def test_https_never_leads_to_http_not_even_on_this_machine():
    from_https = urllib.request.Request("https://example.com/")
    with pytest.raises(NoDownload, match="http is not https"):
        https.SafeRedirect().redirect_request(
            from_https, None, 302, "Found", {}, "http://127.0.0.1/"
        )


def test_an_endless_redirect_is_given_up(stored):
    server = Server()
    server.answers = [lambda _: to(f"http://{server.at}/{len(server.asked)}")]
    assert "302" in problem(server, stored)
    assert len(server.asked) < 20


def test_what_stands_beside_a_new_address_is_not_read(stored):
    server = Server()
    flood = [b"x" * 2**20] * 1000
    server.answers = [
        lambda _: [head("302 Found", Location=f"http://{server.at}/"), *flood],
        whole(),
    ]
    fetch(server, stored)
    assert stored.read_bytes() == CONTENT


# Two at once


def one_command(at, stored):
    wanted = release(f"http://{at}/")
    with download.turn(stored):
        if not stored.exists():
            download.fetch(wanted.urls[0], stored, None, wanted)


def test_two_commands_at_once_do_not_mix_their_bytes(stored):
    slowly = [whole(CONTENT[:1000]), 0.3, CONTENT[1000:]]
    server = Server(slowly)
    fork = multiprocessing.get_context("fork")
    both = [fork.Process(target=one_command, args=(server.at, stored)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(20)
    assert [process.exitcode for process in both] == [0, 0]
    assert server.asked == [None] and stored.read_bytes() == CONTENT


def test_a_command_that_waits_too_long_says_so(monkeypatch, stored):
    monkeypatch.setattr(download, "WAIT_SECONDS", 0.1)
    late = pytest.raises(NoDownload, match="another command")
    with download.turn(stored), late, download.turn(stored):
        pytest.fail("two had their turn at once")
