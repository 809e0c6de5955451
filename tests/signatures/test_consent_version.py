"""A signature keeps the day of the words that its signer agreed to, the campaign's own among them."""

import re
import shutil

import pytest

from petitions.content import _campaign
from petitions.signatures import consent


@pytest.fixture
def facts(settings, tmp_path):
    """The campaign's file, to be written anew."""
    shutil.copytree(settings.BASE_DIR / "examples/night-bus", tmp_path / "mine")
    settings.CONTENT_DIR = tmp_path / "mine"
    yield settings.CONTENT_DIR / "campaign.toml"
    _campaign.cache_clear()


def version_with(facts, changed):
    text = re.sub(r"changed = \S+", f"changed = {changed}", facts.read_text())
    facts.write_text(text)
    _campaign.cache_clear()
    return consent.version()


def test_the_version_is_the_later_day_of_the_sites_words_and_the_campaigns(facts):
    assert version_with(facts, "2031-02-03") == "2031-02-03"
    assert version_with(facts, "2001-02-03") == consent._TEMPLATE


def test_a_campaign_without_words_of_its_own_has_the_sites_version(facts):
    text = facts.read_text()
    facts.write_text(re.sub(r"\[(languages\.\w+\.)?consent\]\n(\w+ = .*\n)+", "", text))
    _campaign.cache_clear()

    assert consent.version() == consent._TEMPLATE
