"""docs/settings.md: written by `make settings`, looked at by `make check`."""

from campaign.environment.page import PAGE, page
from local.places import ROOT


def write_settings_page() -> int:
    PAGE.write_text(page(), encoding="utf-8")
    print(f"Wrote {PAGE.relative_to(ROOT)}.")
    return 0


def judge_settings_page() -> list[str]:
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page():
        return []
    return [f"{PAGE.relative_to(ROOT)} is not what the code says: type 'make settings'."]
