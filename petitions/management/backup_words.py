"""What went wrong with a backup, in an administrator's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import Error as DjangoError
from psycopg import Error

from petitions.backups.frames import NotABackup
from petitions.backups.put_back import Refused
from petitions.exports.age import NotWhole, WrongKey
from petitions.signatures.replay import NotAList

NOT_WHOLE = "It is not whole: it was cut off or changed after it was made. Take another copy."
WRONG_KEY = (
    "It does not open with this key: it was made for another one, or its first lines changed."
)
NOT_A_BACKUP = (
    "It opens, but is no backup of this site, or one of a version that is not known here."
)


@contextmanager
def told(what: str, *, came_of_it: str) -> Iterator[None]:
    """Ends the command with what is wrong about `what`, a file, and what came of it."""
    try:
        yield
    except WrongKey as error:
        raise CommandError(f"{what}: {WRONG_KEY} {came_of_it}") from error
    except NotWhole as error:
        raise CommandError(f"{what}: {NOT_WHOLE} {came_of_it}") from error
    except NotABackup as error:
        raise CommandError(f"{what}: {NOT_A_BACKUP} {came_of_it}") from error
    except Refused as error:
        raise CommandError(f"{what}: {error} {came_of_it}") from error
    except NotAList as error:
        raise CommandError(f"This is no line of the journal: {error}. {came_of_it}") from error
    except (DjangoError, Error) as error:
        first_line = str(error).partition("\n")[0]
        raise CommandError(
            f"The database does not do its part: {first_line}. {came_of_it}"
        ) from error
    except OSError as error:
        raise CommandError(f"{error.filename or what}: {error.strerror}. {came_of_it}") from error
