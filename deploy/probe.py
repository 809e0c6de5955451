"""Whether the process in this container does its work: exit code 0.

python deploy/probe.py /readyz     a web server: what it says there
python deploy/probe.py worker      a worker, or beat: it has ended, or sent, a tick of late
"""

import http.client
import os
import socket
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

ANSWERS_IN = 6
# An export holds up one of its worker's processes for minutes; the other goes on.
SILENT_FOR_SECONDS = 600
REDIS_PORT = 6379


def main() -> int:
    asked = sys.argv[1]
    return 0 if (worker_lives() if asked == "worker" else server_answers(asked)) else 1


def server_answers(path: str) -> bool:
    client = http.client.HTTPConnection("127.0.0.1", 8000, timeout=ANSWERS_IN)
    try:
        client.request("GET", path)
        return client.getresponse().status < http.HTTPStatus.BAD_REQUEST
    except OSError:
        return False


def worker_lives() -> bool:
    """A worker that gets no ticks because the broker is away is as well as it can be."""
    try:
        silent_for = time.time() - Path(os.environ["ALIVE_FILE"]).stat().st_mtime
    except OSError:
        return False
    return silent_for < SILENT_FOR_SECONDS or not broker_answers()


def broker_answers() -> bool:
    broker = urlsplit(os.environ["BROKER_URL"])
    try:
        socket.create_connection(
            (broker.hostname or "", broker.port or REDIS_PORT), ANSWERS_IN
        ).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
