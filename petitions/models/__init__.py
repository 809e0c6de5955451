"""The nouns of the design."""

from petitions.models.answer import Answer
from petitions.models.audit import AuditEntry
from petitions.models.batch import Batch
from petitions.models.blocked_word import BlockedWord
from petitions.models.data_copy import DataCopy
from petitions.models.day_figure import DayFigure
from petitions.models.delivery import Delivery, DeliveryEvent
from petitions.models.erasure import Erasure
from petitions.models.export import AgeKey, Export, ExportChunk
from petitions.models.heartbeat import Heartbeat
from petitions.models.hold import Hold
from petitions.models.imports import Import
from petitions.models.ledger import Cosignature, Head, Leaf, Log, LogEntry, LogTile
from petitions.models.news import NewsDelivery, NewsItem, NewsSubscriber
from petitions.models.news_letter import NewsLetter, NewsText, NewsTrial
from petitions.models.offer import CarriedDetails, Offer
from petitions.models.office import Office, OfficeName
from petitions.models.office_page import FileChunk, FileSet, OfficeAction, OfficePage
from petitions.models.page import Page
from petitions.models.partner import Partner
from petitions.models.pause import Pause
from petitions.models.person_request import PersonRequest
from petitions.models.petition import Petition, PetitionAddress
from petitions.models.petition_text import PetitionText
from petitions.models.petition_update import PetitionUpdate
from petitions.models.receiving_domain import ReceivingDomain
from petitions.models.returned import MailboxLook, NotFiled, Returned
from petitions.models.share_picture import SharePicture
from petitions.models.sign_request import MailHour, MailSlot, SignRequest
from petitions.models.signature import Signature, Source, Visibility
from petitions.models.step_figure import StepFigure
from petitions.models.suspicion import SignedHour, Suspicion
from petitions.models.tally import Tally
from petitions.models.turned_away import TurnedAway
from petitions.models.withdrawal import Tombstone, Withdrawal, WithdrawalLink

__all__ = [
    "AgeKey",
    "Answer",
    "AuditEntry",
    "Batch",
    "BlockedWord",
    "CarriedDetails",
    "Cosignature",
    "DataCopy",
    "DayFigure",
    "Delivery",
    "DeliveryEvent",
    "Erasure",
    "Export",
    "ExportChunk",
    "FileChunk",
    "FileSet",
    "Head",
    "Heartbeat",
    "Hold",
    "Import",
    "Leaf",
    "Log",
    "LogEntry",
    "LogTile",
    "MailHour",
    "MailSlot",
    "MailboxLook",
    "NewsDelivery",
    "NewsItem",
    "NewsLetter",
    "NewsSubscriber",
    "NewsText",
    "NewsTrial",
    "NotFiled",
    "Offer",
    "Office",
    "OfficeAction",
    "OfficeName",
    "OfficePage",
    "Page",
    "Partner",
    "Pause",
    "PersonRequest",
    "Petition",
    "PetitionAddress",
    "PetitionText",
    "PetitionUpdate",
    "ReceivingDomain",
    "Returned",
    "SharePicture",
    "SignRequest",
    "Signature",
    "SignedHour",
    "Source",
    "StepFigure",
    "Suspicion",
    "Tally",
    "Tombstone",
    "TurnedAway",
    "Visibility",
    "Withdrawal",
    "WithdrawalLink",
]
