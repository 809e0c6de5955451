"""Where a log is read from: an address, or a folder that an earlier check has saved it to."""

from __future__ import annotations

import base64
import http.client
import ssl
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from five_asks_verify.report import Wrong

THREADS = 8
TIMEOUT = 30
# Seconds before another try, where an answer may come a moment later.
PAUSES = (0.2, 2)
TEMPORARY = frozenset({408, 429, 500, 502, 503, 504})
NOT_THERE = frozenset({404, 410})
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
MEGABYTE = 1 << 20
CHECKPOINT = "checkpoint"
CHECKPOINT_LIMIT = MEGABYTE


class Unreachable(Exception):
    """The log can't be read just now, or from there; says why."""


class Missing(Wrong):
    """It was read, and has not got what a log must have."""


class Source(Protocol):
    def read(self, path: str, *, limit: int) -> bytes:
        """What stands at a path below the log's address, `limit` bytes at the most.

        Raises:
            Missing: nothing does.
            Wrong: it is longer.
            Unreachable: there is no answer.
        """


@contextmanager
def open_source(where: str) -> Iterator[Source]:
    """
    Raises:
        Unreachable: it is no address that may be asked, and no folder.
    """
    if "://" in where:
        with closing(Site(where)) as site:
            yield site
    elif Path(where).is_dir():
        yield Folder(Path(where))
    else:
        raise Unreachable(
            f"{where} is no folder. A log's address begins with https:// and ends in its number."
        )


def read_all(source: Source, paths: Iterable[str], *, limit: int) -> Iterator[bytes]:
    """In the order of the paths, some at once. Raises what `Source.read` does."""
    with ThreadPoolExecutor(THREADS) as pool:
        yield from pool.map(lambda path: source.read(path, limit=limit), paths)


def read_first(source: Source, path: str) -> bytes:
    """The key or the checkpoint: where it is missing, no log is there at all.

    Raises:
        Unreachable: it is missing, or there is no answer.
    """
    try:
        return source.read(path, limit=CHECKPOINT_LIMIT)
    except Missing as error:
        raise Unreachable(f"There is no log. {error}") from error


class Folder:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, path: str, *, limit: int) -> bytes:
        try:
            with (self.folder / path).open("rb") as file:
                return _within(file.read(limit + 1), limit, path)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise Missing(f"The folder has no {path}.") from error
        except OSError as error:
            raise Unreachable(f"{self.folder / path} can't be read: {error.strerror}.") from error


class Saving:
    """Another source, of which all that was read is kept in a folder; the checkpoint comes last,
    so that a folder without one is half of a log."""

    def __init__(self, source: Source, folder: Path) -> None:
        """
        Raises:
            Unreachable: a log is kept there already; what it proves must not be lost.
        """
        self._source = source
        self._folder = folder
        self._checkpoint: bytes | None = None
        if (folder / CHECKPOINT).exists():
            raise Unreachable(
                f"{folder} holds a log already: name a new folder. --since"
                f" {folder / CHECKPOINT} compares with it."
            )

    def read(self, path: str, *, limit: int) -> bytes:
        content = self._source.read(path, limit=limit)
        if path == CHECKPOINT:
            self._checkpoint = content
        else:
            self.keep(path, content)
        return content

    def finish(self) -> None:
        if self._checkpoint is not None:
            self.keep(CHECKPOINT, self._checkpoint)

    def keep(self, path: str, content: bytes) -> None:
        file = self._folder / path
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        except OSError as error:
            raise Unreachable(f"{file} can't be written: {error.strerror}.") from error


class Site:
    """Its connections are kept open from one answer to the next: thousands of tiles are read."""

    def __init__(self, address: str) -> None:
        """
        Raises:
            Unreachable: it is no address, or everybody on the way could read and change answers.
        """
        self._address = address.rstrip("/")
        self._url = _checked(self._address)
        self._proxy = _proxy_for(self._url)
        self._idle: LifoQueue[http.client.HTTPConnection] = LifoQueue()

    def close(self) -> None:
        with suppress(Empty):
            while True:
                self._idle.get_nowait().close()

    def read(self, path: str, *, limit: int) -> bytes:
        for pause in PAUSES:
            try:
                return self._read(path, limit)
            except _Temporary:
                time.sleep(pause)
        try:
            return self._read(path, limit)
        except _Temporary as error:
            raise Unreachable(f"{self._address}/{path} can't be read: {error}.") from error

    def _read(self, path: str, limit: int) -> bytes:
        connection = self._connection()
        try:
            connection.request("GET", *self._request(path))
            response = connection.getresponse()
            content = response.read(limit + 1)
        except ssl.SSLCertVerificationError as error:
            connection.close()
            raise Unreachable(
                f"{self._url.hostname} has no valid certificate: {error.verify_message}."
            ) from error
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            # A site that has tired of one idle connection has tired of them all.
            self.close()
            raise _Temporary(str(error) or type(error).__name__) from error
        if response.isclosed():
            self._idle.put(connection)
        else:
            # What is left of the answer would be read as the next one.
            response.close()
            connection.close()
        self._judge(path, response)
        return _within(content, limit, path)

    def _judge(self, path: str, response: http.client.HTTPResponse) -> None:
        status = response.status
        if status in TEMPORARY:
            raise _Temporary(f"the site answers {status} {response.reason}")
        if status in NOT_THERE:
            raise Missing(f"The site does not give {path}.")
        if leads_to := response.getheader("Location"):
            raise Unreachable(f"{self._address}/{path} leads on to {leads_to}: name that address.")
        if status != http.HTTPStatus.OK:
            raise Unreachable(f"{self._address}/{path}: the site answers {status}.")

    def _connection(self) -> http.client.HTTPConnection:
        try:
            return self._idle.get_nowait()
        except Empty:
            return self._connect()

    def _connect(self) -> http.client.HTTPConnection:
        host, port = _host(self._url), self._url.port
        if self._proxy:
            host, port = _host(self._proxy), self._proxy.port or http.client.HTTP_PORT
        if self._url.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=TIMEOUT)
        connection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT)
        if self._proxy:
            connection.set_tunnel(_host(self._url), self._url.port, _credentials(self._proxy))
        return connection

    def _request(self, path: str) -> tuple[str, None, dict[str, str]]:
        headers = {"User-Agent": "five-asks-verify", "Accept-Encoding": "identity"}
        if self._proxy and self._url.scheme == "http":
            return f"{self._address}/{path}", None, headers | _credentials(self._proxy)
        return f"{self._url.path}/{path}", None, headers


class _Temporary(Exception):
    pass


def _checked(address: str) -> SplitResult:
    try:
        url = urlsplit(address)
        host, _ = url.hostname, url.port
    except ValueError as error:
        raise Unreachable(f"{address} is no address: {error}.") from error
    if not host or url.scheme not in {"http", "https"} or url.query or url.fragment or url.username:
        raise Unreachable(f"{address} is no address of a log: https://…/ledger/1 is one.")
    if url.scheme == "http" and host not in LOCAL and not host.endswith(".onion"):
        raise Unreachable(f"{address} is not protected on its way: it must begin with https://.")
    if not address.isascii() or not address.isprintable() or " " in address:
        raise Unreachable(f"{address} is no address: it has signs that none can have.")
    return url


def _proxy_for(url: SplitResult) -> SplitResult | None:
    """As the environment names it (HTTPS_PROXY, HTTP_PROXY, NO_PROXY)."""
    proxy = getproxies().get(url.scheme)
    if not proxy or proxy_bypass(_host(url)):
        return None
    try:
        found = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        usable = found.scheme == "http" and found.hostname and (found.port or True)
    except ValueError:
        usable = False
    if not usable:
        raise Unreachable(f"The proxy of the environment, {proxy}, is no http:// address.")
    return found


def _host(url: SplitResult) -> str:
    return url.hostname or ""


def _credentials(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    both = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(both.encode()).decode()}"}


def _within(content: bytes, limit: int, path: str) -> bytes:
    if len(content) > limit:
        raise Wrong(f"{path} is longer than it can be ({limit:,} bytes).")
    return content
