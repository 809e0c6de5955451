"""Each process in its own role, with the keys of that role and no others."""

import shutil

import pytest

from campaign.roles import Role
from petitions.models import DataCopy, Delivery, OfficeAction, OfficePage, Signature
from petitions.vault import Secret
from tests.forms import submit, submit_all_ticked
from tests.mailbox import link_in
from tests.makers import make_office, make_petition
from tests.pdf import pages_of
from tests.processes import until


@pytest.fixture
def in_role(processes, keys, tmp_path):
    """Start what follows in a role, on a machine that holds exactly its keys."""

    def machine(role):
        folder = tmp_path / f"vault of {role}"
        shutil.copytree(keys.directory, folder, dirs_exist_ok=True)
        for secret in set(Secret) - role.secrets:
            shutil.rmtree(folder / secret)
        processes.environment |= {"CAMPAIGN_ROLE": role, "VAULT_DIR": str(folder)}
        return processes

    return machine


def test_a_signer_signs_taps_reads_a_copy_and_is_delivered_while_no_process_has_all_keys(
    in_role, mailbox
):
    make_petition(2)
    make_office(make_petition(1), email="minister@office.example")
    in_role(Role.MAILER).worker("mailer")
    deliverer = in_role(Role.DELIVERER)
    deliverer.worker("deliverer")
    deliverer.beat()
    browser = in_role(Role.WEB).web()

    page = browser.get("/en/petitions/ask-2/")
    submit(browser, page, name="Zoë", email="zoe@mail.example", country="UA")
    (mail,) = until(lambda: mailbox.mails_to("zoe@mail.example"), seconds=60)
    thank_you = submit_all_ticked(browser, browser.get(link_in(mail, "confirm")))
    submit(browser, thank_you)
    named = Signature.objects.filter(sig_box__isnull=False)
    until(lambda: named.count() == 2, seconds=60)

    in_role(Role.DELIVERER).start("deliver", "python", "manage.py", "deliver")
    (letter,) = until(lambda: mailbox.mails_to("minister@office.example"), seconds=60)
    signers, book, _receipts = letter.iter_attachments()
    assert "Zoë" in signers.get_content().decode()
    assert "Zoë" in "".join(pages_of(book.get_content()))

    receipt = link_in(mail, "receipt")
    until(lambda: Delivery.objects.filter(state=Delivery.State.SENT).exists(), seconds=10)
    assert "Delivered to 1 of 1 office" in " ".join(browser.get(receipt).text.split())
    browser.post(receipt, data={"do": "make-copy"})
    until(lambda: DataCopy.objects.filter(box__isnull=False).count() == 2, seconds=60)
    copy = browser.post(receipt, data={"do": "save-copy"}).json()
    assert [each["name"] for each in copy["signatures"]] == ["Zoë", "Zoë"]

    # The office writes to those who alone can read it, and opens what the web process can't.
    page = f"/en{link_in(letter, 'institution')}"
    browser.post(page, data={"do": "address", "whose": "this", "email": "new@office.example"})
    assert OfficeAction.objects.get().open_words().email == "new@office.example"
    browser.post(page, data={"do": "files"})
    until(lambda: OfficePage.objects.exclude(files=None).exists(), seconds=60)
    assert "Zoë" in browser.post(page, data={"do": "download", "file": "0"}).text
