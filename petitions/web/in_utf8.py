"""Whatever a request says of its letters, they are UTF-8, as all our pages and forms are.

Django believes a `charset` of a Content-Type, reads the query by it before anything of ours could
answer, and breaks at the odd one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from petitions.wsgi import Application, Environ, StartResponse

_charset_in = re.compile(r";\s*charset\s*=[^;]*", re.IGNORECASE).sub


def in_utf8(application: Application) -> Application:
    """A WSGI application around Django's."""

    def plain(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        environ["CONTENT_TYPE"] = _charset_in("", environ.get("CONTENT_TYPE", ""))
        return application(environ, start_response)

    return plain
