"""The server of the limits: the same one, without anything of the site."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bench.forms import PETITION, body_of
from bench.server import web_server


@contextmanager
def bare_views(public: Mapping[str, str], *, beside: int) -> Iterator[int]:
    """Its port; its constant page is what the server on port `beside` answers for a petition."""
    with tempfile.NamedTemporaryFile() as page:
        page.write(body_of(beside, PETITION))
        page.flush()
        bare = {"DJANGO_SETTINGS_MODULE": "bench.settings", "BENCH_PAGE": page.name}
        with web_server(**public, **bare) as limits:
            yield limits
