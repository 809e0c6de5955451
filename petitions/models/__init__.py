"""The nouns of the design."""

from petitions.models.audit import AuditEntry
from petitions.models.batch import Batch
from petitions.models.delivery import Delivery
from petitions.models.news import NewsSubscriber
from petitions.models.office import Office
from petitions.models.petition import Page, Petition, PetitionText, PetitionUpdate
from petitions.models.sign_request import MailHour, MailSlot, SignRequest
from petitions.models.signature import Signature, Visibility
from petitions.models.tally import Tally
from petitions.models.withdrawal import Withdrawal, WithdrawalLink

__all__ = [
    "AuditEntry",
    "Batch",
    "Delivery",
    "MailHour",
    "MailSlot",
    "NewsSubscriber",
    "Office",
    "Page",
    "Petition",
    "PetitionText",
    "PetitionUpdate",
    "SignRequest",
    "Signature",
    "Tally",
    "Visibility",
    "Withdrawal",
    "WithdrawalLink",
]
