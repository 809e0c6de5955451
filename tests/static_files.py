"""The collected static files, read once in a process, as a server reads them, not for each client."""

from django.conf import settings
from whitenoise.middleware import WhiteNoiseMiddleware

collected = str(settings.STATIC_ROOT)
read_anew = WhiteNoiseMiddleware.update_files_dictionary
known = {}


def read_once(middleware: WhiteNoiseMiddleware, root: str, prefix: str) -> None:
    """Stands in for WhiteNoise's way of it, which takes longer than most of what a test then asks.

    A folder of a test's own is read as ever, and all files anew under other settings.
    """
    if root.rstrip("/") != collected:
        read_anew(middleware, root, prefix)
        return
    asked = (
        prefix,
        settings.STATIC_URL,
        *(middleware.max_age, middleware.charset, middleware.allow_all_origins),
        middleware.add_headers_function,
        settings.ROLE,
    )
    if asked not in known:
        before = middleware.files
        middleware.files = known[asked] = {}
        read_anew(middleware, root, prefix)
        middleware.files = before
    middleware.files.update(known[asked])
