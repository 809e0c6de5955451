"""docs/settings.md, from the catalogue."""

from __future__ import annotations

from collections.abc import Iterator

from campaign.environment.catalogue import EVERYBODY, SECTIONS, Setting
from campaign.environment.kinds import BASE_DIR

PAGE = BASE_DIR / "docs" / "settings.md"
HEAD = """\
# Settings

This page is made from `campaign/environment/catalogue.py` by `make settings`; `make check` fails where it is not what the
code says. All settings come from the environment. A role reads those that name it, and nothing else: what is only another's is
as if it were not there. An empty one is as if it were not set. What can't be read ends the process with one line
([what is refused](operations.md#what-is-refused)).

**Must**: on a server a process of these roles does not start without it. **Secret**: it is quoted nowhere, and
`manage.py check --deploy` names it where a role has it that does not read it. `all`, the role of laptops, reads every one.
"""
COLUMNS = ["variable", "takes", "default", "read by", "must", "what for"]


def page() -> str:
    return HEAD + "".join(f"\n{line}\n" for line in _sections())


def _sections() -> Iterator[str]:
    for title, settings in SECTIONS.items():
        rows = [COLUMNS, ["---"] * len(COLUMNS), *map(_row, settings)]
        yield f"## {title}\n\n" + "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(setting: Setting) -> list[str]:
    secret = " (secret)" if setting.is_secret else ""
    return [
        f"`{setting.name}`",
        setting.kind.words + secret,
        _default(setting),
        _roles(setting.roles) or "`all` alone",
        _roles(setting.needed_by),
        setting.about,
    ]


def _default(setting: Setting) -> str:
    if setting.default_words:
        return setting.default_words
    return f"`{setting.default}`" if setting.default else "none"


def _roles(roles: frozenset[str]) -> str:
    return "every role" if roles == EVERYBODY else ", ".join(f"`{role}`" for role in sorted(roles))
