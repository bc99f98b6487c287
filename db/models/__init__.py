"""The tables. They hold all state; a message in the broker only names the row to work on."""

from db.models.access import BrowserSession, Passkey, PasskeyChallenge, Token
from db.models.assignments import AssignedFace, Assignment
from db.models.care import Backup, BlobHold, DoomedBlob
from db.models.classes import Class
from db.models.clips import Clip, ClipPhoto
from db.models.comments import Comment
from db.models.counters import Counter
from db.models.datasets import DatasetVersion, FrozenFace, FrozenPhoto, SavedFilter, Tag, Tagging
from db.models.exports import Export
from db.models.imports import Import, ImportLine, ImportPhoto
from db.models.people import ROLES, Event, Invite, Person
from db.models.photos import (
    NOT_LOCKED,
    READY,
    SHOWN,
    SPLITS,
    STANDING,
    Answer,
    DetectorPass,
    Face,
    Group,
    Photo,
)
from db.models.predictions import Prediction, PredictionBatch
from db.models.replies import KeptReply
from db.models.review import Lease, Pick, Score, Spot
from db.models.runs import Artifact, Embedding, Outcome, Run, Workbench, Worker
from db.models.tried import TriedLook
from db.models.webhooks import Webhook, WebhookDelivery

__all__ = [
    "NOT_LOCKED",
    "READY",
    "ROLES",
    "SHOWN",
    "SPLITS",
    "STANDING",
    "Answer",
    "Artifact",
    "AssignedFace",
    "Assignment",
    "Backup",
    "BlobHold",
    "BrowserSession",
    "Class",
    "Clip",
    "ClipPhoto",
    "Comment",
    "Counter",
    "DatasetVersion",
    "DetectorPass",
    "DoomedBlob",
    "Embedding",
    "Event",
    "Export",
    "Face",
    "FrozenFace",
    "FrozenPhoto",
    "Group",
    "Import",
    "ImportLine",
    "ImportPhoto",
    "Invite",
    "KeptReply",
    "Lease",
    "Outcome",
    "Passkey",
    "PasskeyChallenge",
    "Person",
    "Photo",
    "Pick",
    "Prediction",
    "PredictionBatch",
    "Run",
    "SavedFilter",
    "Score",
    "Spot",
    "Tag",
    "Tagging",
    "Token",
    "TriedLook",
    "Webhook",
    "WebhookDelivery",
    "Workbench",
    "Worker",
]
