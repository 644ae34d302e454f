"""Ask a server over https, and over nothing else; all that it can do wrong is a `NoDownload`."""

import http.client
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ganbench.system.text import shown

TIMEOUT_SECONDS = 5.0  # without a byte
ANSWER_SECONDS = 30.0  # from the question to the end of the answer's head, redirects included
NO_SUCH_RANGE = 416
HERE = ("http", "127.0.0.1")

T = TypeVar("T")


class NoDownload(Exception):
    """Why a download came to nothing, in words that follow an address."""


class Cut(NoDownload):
    """The bytes that came are good; more may be had."""


class NoPart(Cut):
    """The server has not the part that was asked for; it may have the whole."""


@contextmanager
def asked(url: str, start: int) -> Iterator[http.client.HTTPResponse]:
    """The server's answer to a request for the bytes from `start` on."""
    request = urllib.request.Request(url, headers={"Accept-Encoding": "identity"})
    if start:
        request.add_header("Range", f"bytes={start}-")
    try:
        response = _promptly(lambda: _opener().open(request, timeout=TIMEOUT_SECONDS))
    except urllib.error.HTTPError as error:
        error.close()
        kind = NoPart if start and error.code == NO_SUCH_RANGE else NoDownload
        raise kind(f"the server answers {error.code} {line(error.reason)}") from None
    except TimeoutError:
        raise NoDownload(f"no answer within {TIMEOUT_SECONDS:g} s") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoDownload(reason(error)) from None
    with response:
        yield response


def _promptly(work: Callable[[], T]) -> T:
    """What `work` returns, in time: the socket's own limit is for one byte, not for all."""
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(work())
        except BaseException as error:
            answer.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return answer.result(ANSWER_SECONDS)
    except TimeoutError:
        if answer.done():
            raise
        raise NoDownload(f"no whole answer within {ANSWER_SECONDS:g} s") from None


def read(response: http.client.HTTPResponse, at_most: int) -> bytes:
    try:
        return response.read1(at_most)
    except TimeoutError:
        raise Cut(f"no byte within {TIMEOUT_SECONDS:g} s") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Cut(reason(error)) from None


class SafeRedirect(urllib.request.HTTPRedirectHandler):
    """Follow redirects as usual, but never from https to anything else."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        refuse_plain(newurl, here=req.type == "http")
        fp.close()  # or all that the server sends beside the new address would be read
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """What opens http and https and nothing else: no file:, ftp: or data:."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor,
        SafeRedirect,
    ):
        opener.add_handler(handler())
    return opener


def refuse_plain(url: str, here: bool = True) -> None:
    """NoDownload unless it is https, or, with `here`, http from this very machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (here and (parts.scheme, parts.hostname) == HERE):
        return
    raise NoDownload(f"{parts.scheme or 'no scheme'} is not https")


def reason(error: Exception) -> str:
    said = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
    return line(said) or type(error).__name__


def line(words: object) -> str:
    """One line of what a server or a library says, for a terminal."""
    return shown(str(words).strip().partition("\n")[0])
