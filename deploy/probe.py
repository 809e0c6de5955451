"""Whether the web server in this container answers, by the site's own name: exit code 0."""

import http.client
import os
import sys
from urllib.parse import urlsplit

ANSWERS_IN = 5


def main() -> int:
    names = os.environ.get("ALLOWED_HOSTS") or urlsplit(os.environ["SITE_URL"]).hostname or ""
    headers = {"Host": names.partition(",")[0], "X-Forwarded-Proto": "https"}
    client = http.client.HTTPConnection("127.0.0.1", 8000, timeout=ANSWERS_IN)
    try:
        client.request("GET", sys.argv[1], headers=headers)
        return int(client.getresponse().status >= http.HTTPStatus.INTERNAL_SERVER_ERROR)
    except OSError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
