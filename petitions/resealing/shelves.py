"""All that is sealed in the database, and how a row of each kind is opened and sealed again."""

from __future__ import annotations

from petitions.models import (
    CarriedDetails,
    Export,
    FileSet,
    Import,
    NewsSubscriber,
    NewsTrial,
    OfficeAction,
    OfficePage,
    Returned,
    Signature,
    SignRequest,
)
from petitions.models.news import news_subscriber_id
from petitions.models.sealed import (
    Details,
    Mailing,
    open_news_address,
    open_trial_address,
    seal_export_key,
    seal_file_key,
    seal_news_address,
    seal_page_token,
    seal_trial_address,
)
from petitions.models.signature import signature_id
from petitions.resealing.shelf import SealAgain, Shelf
from petitions.vault import Purpose


def _open_mail_of_request(request: SignRequest) -> SealAgain:
    mailing = address = None
    if request.mail_box is not None:
        mailing = Mailing.open(bytes(request.mail_box), request_id=request.id)
    if request.news_box is not None:
        subscriber_id = news_subscriber_id(request.id)
        address = open_news_address(bytes(request.news_box), subscriber_id=subscriber_id)

    def seal_again() -> None:
        if mailing is not None:
            request.mail_box = mailing.seal(request_id=request.id)
        if address is not None:
            request.news_box = seal_news_address(address, subscriber_id=subscriber_id)

    return seal_again


def _open_details_of_request(request: SignRequest) -> SealAgain:
    places = [
        (petition_id, signature_id(request.id, petition_id)) for petition_id in request.petition_ids
    ]
    details = [
        Details.open(bytes(box), petition_id=petition_id, signature_id=reference)
        for box, (petition_id, reference) in zip(request.sig_boxes or [], places, strict=True)
    ]

    def seal_again() -> None:
        request.sig_boxes = [
            each.seal(petition_id=petition_id, signature_id=reference)
            for each, (petition_id, reference) in zip(details, places, strict=True)
        ]

    return seal_again


def _open_carried(carried: CarriedDetails) -> SealAgain:
    petition_id, reference = carried.from_petition_id, carried.from_signature_id
    details = Details.open(bytes(carried.box), petition_id=petition_id, signature_id=reference)

    def seal_again() -> None:
        carried.box = details.seal(petition_id=petition_id, signature_id=reference)

    return seal_again


def _open_signature(signature: Signature) -> SealAgain:
    details = signature.open_details()

    def seal_again() -> None:
        if details is not None:
            signature.sig_box = details.seal(
                petition_id=signature.petition_id, signature_id=signature.id
            )

    return seal_again


def _open_subscriber(subscriber: NewsSubscriber) -> SealAgain:
    address = open_news_address(bytes(subscriber.mail_box), subscriber_id=subscriber.id)

    def seal_again() -> None:
        subscriber.mail_box = seal_news_address(address, subscriber_id=subscriber.id)

    return seal_again


def _open_trial(trial: NewsTrial) -> SealAgain:
    address = open_trial_address(bytes(trial.box or b""), trial_id=trial.pk)

    def seal_again() -> None:
        trial.box = seal_trial_address(address, trial_id=trial.pk)

    return seal_again


def _open_returned(returned: Returned) -> SealAgain:
    mail = returned.open_mail()

    def seal_again() -> None:
        returned.box = mail.seal(returned_id=returned.pk)

    return seal_again


def _open_office_page(page: OfficePage) -> SealAgain:
    token = page.open_token()

    def seal_again() -> None:
        page.box = seal_page_token(token, page_id=page.pk)

    return seal_again


def _open_file_set(file_set: FileSet) -> SealAgain:
    key = file_set.open_key()

    def seal_again() -> None:
        file_set.key_box = seal_file_key(key, set_id=file_set.pk)

    return seal_again


def _open_export(export: Export) -> SealAgain:
    key = export.open_key()

    def seal_again() -> None:
        export.key_box = seal_export_key(key, export_id=export.pk)

    return seal_again


def _open_office_action(action: OfficeAction) -> SealAgain:
    words = action.open_words()

    def seal_again() -> None:
        action.box = words.seal(action_id=action.pk)

    return seal_again


def _open_import(sheet: Import) -> SealAgain:
    content = sheet.open()

    def seal_again() -> None:
        sheet.seal(content)

    return seal_again


# Requests first: confirming turns one into a signature, which must not be passed over. So does the
# deliverer with details on their way.
SHELVES = (
    Shelf(
        name="sign requests (mail)",
        model=SignRequest,
        purpose=Purpose.MAIL,
        columns=("mail_box", "news_box"),
        open=_open_mail_of_request,
    ),
    Shelf(
        name="sign requests (details)",
        model=SignRequest,
        purpose=Purpose.SIGNATURE,
        columns=("sig_boxes",),
        is_array=True,
        open=_open_details_of_request,
    ),
    Shelf(
        name="details on their way",
        model=CarriedDetails,
        purpose=Purpose.SIGNATURE,
        columns=("box",),
        open=_open_carried,
    ),
    Shelf(
        name="signatures",
        model=Signature,
        purpose=Purpose.SIGNATURE,
        columns=("sig_box",),
        open=_open_signature,
    ),
    Shelf(
        name="news subscribers",
        model=NewsSubscriber,
        purpose=Purpose.MAIL,
        columns=("mail_box",),
        open=_open_subscriber,
    ),
    Shelf(
        name="tests of news",
        model=NewsTrial,
        purpose=Purpose.MAIL,
        columns=("box",),
        open=_open_trial,
    ),
    Shelf(
        name="returned mails",
        model=Returned,
        purpose=Purpose.SIGNATURE,
        columns=("box",),
        open=_open_returned,
    ),
    Shelf(
        name="links of office pages",
        model=OfficePage,
        purpose=Purpose.SIGNATURE,
        columns=("box",),
        open=_open_office_page,
    ),
    Shelf(
        name="files of letters",
        model=FileSet,
        purpose=Purpose.SIGNATURE,
        columns=("key_box",),
        open=_open_file_set,
    ),
    Shelf(
        name="exports",
        model=Export,
        purpose=Purpose.SIGNATURE,
        columns=("key_box",),
        open=_open_export,
    ),
    Shelf(
        name="what offices wrote on their pages",
        model=OfficeAction,
        purpose=Purpose.SIGNATURE,
        columns=("box",),
        open=_open_office_action,
    ),
    Shelf(
        name="lines of imports",
        model=Import,
        purpose=Purpose.SIGNATURE,
        columns=("box",),
        open=_open_import,
    ),
)
