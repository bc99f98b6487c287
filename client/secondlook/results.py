"""The answers, as the JSON that they are: dictionaries whose fields are typed. Newer fields pass through."""

from typing import Any, Generic, Literal, NotRequired, TypedDict, TypeVar

T = TypeVar("T")

Box = tuple[float, float, float, float]
"""x, y, width, height in pixels of the upright photo. JSON makes a list of it."""
Role = Literal["owner", "labeller", "friend"]
PhotoStatus = Literal["queued", "ready", "failed"]
JobStatus = Literal["queued", "running", "done", "failed"]


class Page(TypedDict, Generic[T]):
    items: list[T]
    next: int | None
    """The `cursor` of the page after it; None on the last one."""


class PhotoAccepted(TypedDict):
    id: int
    status: PhotoStatus
    duplicate_of: int | None


class PhotoState(TypedDict):
    id: int
    status: PhotoStatus


class Face(TypedDict):
    id: int
    box: Box
    confidence: float | None
    source: str
    state: Literal["proposed", "confirmed", "rejected"]
    label: str | None


class ListedFace(Face):
    photo_id: int
    person: str | None
    person_id: int | None
    split: Literal["train", "validation", "locked"]
    answers: int
    tags: list[str]


class Photo(TypedDict):
    id: int
    status: PhotoStatus
    error: str | None
    width: int
    height: int
    person: str | None
    person_id: int | None
    faces: list[Face]


class Clip(TypedDict):
    id: int
    status: JobStatus
    progress: float
    error: str | None
    photos: list[int]


class ClipAccepted(TypedDict):
    id: int
    status: JobStatus
    duplicate_of: int | None


class Arrived(TypedDict):
    sha256: str
    photo_id: int | None
    clip_id: int | None
    parts: list[int]


class Uploads(TypedDict):
    part_bytes: int
    arrived: list[Arrived]


class PartReceived(TypedDict):
    photo: PhotoAccepted | None
    clip: ClipAccepted | None


class Used(TypedDict):
    used: int
    limit: int | None


class Quota(TypedDict):
    photos: Used
    bytes: Used
    open_uploads: Used
    open_bytes: Used


class Tried(TypedDict):
    id: int
    faces: list[Face]


class Why(TypedDict):
    reason: str
    text: str


class Opinion(TypedDict):
    label: str
    probabilities: dict[str, float]
    run_id: int


class QueueItem(TypedDict):
    face_id: int
    photo_id: int
    crop_url: str
    photo_url: str
    photo_size: tuple[int, int]
    box: Box
    label: str | None
    why: Why
    prediction: Opinion | None
    lease_until: str
    notes: int


class Queue(TypedDict):
    items: list[QueueItem]
    remaining: int
    with_others: int
    note: str | None


class Agreed(TypedDict):
    label: str | None
    items: list[QueueItem]
    remaining: dict[str, int]


class Progress(TypedDict):
    have: int
    needed: int
    reason: str


class AnswerRecorded(TypedDict):
    id: int
    face: Face
    item: QueueItem


class AnswerToSend(TypedDict):
    client_key: str
    kind: Literal["label", "reject", "adjust", "unsure", "draw", "undo", "redo"]
    face_id: NotRequired[int]
    photo_id: NotRequired[int]
    drawn_key: NotRequired[str]
    label: NotRequired[str]
    box: NotRequired[Box]
    seconds: NotRequired[float]
    seen_at: NotRequired[str]


class AnswerResult(TypedDict):
    client_key: str
    status: int
    face: Face | None
    item: QueueItem | None
    error: dict[str, str] | None
    answered: dict[str, Any] | None


class AnswerResults(TypedDict):
    results: list[AnswerResult]


class GivenAnswer(TypedDict):
    id: int
    client_key: str
    kind: str
    label: str | None
    at: str
    item: QueueItem


class Leases(TypedDict):
    kept: list[int]


class Accepted(TypedDict):
    id: int
    """Of the job that has begun."""


class Run(TypedDict):
    id: int
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    phase: str
    progress: float
    recipe: dict[str, Any]
    manifest: str | None
    version_id: int | None
    seed: int
    metrics: dict[str, Any] | None
    promoted: bool
    reason: str | None
    error: str | None


class Suspect(TypedDict):
    face_id: int
    photo_id: int
    label: str
    predicted: str
    confidence: float
    split: Literal["open", "locked"]


class Differing(TypedDict):
    face_id: int
    label: str | None
    one: str
    other: str


class Comparison(TypedDict):
    part: Literal["locked", "fold"]
    n: int
    difference: dict[str, float] | None
    reason: str | None
    differ: list[Differing]


class Stats(TypedDict):
    photos: dict[str, int]
    faces: dict[str, int]
    labels: dict[str, int]
    answers: int
    waiting: dict[str, int]
    active_run: int | None
    locked: dict[str, Any] | None
    locked_reason: str | None
    labels_saved: float | None
    labels_saved_interval: dict[str, Any] | None
    detector_recall: dict[str, Any] | None


class PredictedFace(TypedDict):
    box: Box
    confidence: float
    label: str
    probabilities: dict[str, float]


class Prediction(TypedDict):
    run_id: int
    model: str
    faces: list[PredictedFace]


class AnsweredBy(TypedDict):
    person: str
    faces: int


class Assignment(TypedDict):
    id: int
    name: str
    person: str
    person_id: int
    created: str
    state: Literal["open", "done", "withdrawn"]
    total: int
    answered: int
    by: list[AnsweredBy]


class AssignmentMade(TypedDict):
    id: int
    name: str
    person: str
    person_id: int
    created: str
    state: Literal["open", "done", "withdrawn"]
    total: int
    answered: int
    by: list[AnsweredBy]
    left_out: int
    more: bool


class Comment(TypedDict):
    id: int
    text: str
    person: str
    mine: bool
    created: str


class Note(TypedDict):
    id: int
    text: str
    person: str
    mine: bool
    created: str
    face_id: int
    photo_id: int
    thumb_url: str
    resolved: str | None
    answers: list[Comment]


class Notes(TypedDict):
    items: list[Note]


class SimilarFace(TypedDict):
    face_id: int
    photo_id: int
    similarity: float
    label: str | None
    thumb_url: str


class SimilarFaces(TypedDict):
    items: list[SimilarFace]


class FoundInPhoto(TypedDict):
    box: Box
    confidence: float
    items: list[SimilarFace]


class SimilarToPhoto(TypedDict):
    faces: list[FoundInPhoto]


class BatchItem(TypedDict):
    name: str
    faces: list[PredictedFace] | None
    error: dict[str, str] | None


class Batch(TypedDict):
    id: int
    status: JobStatus
    progress: float
    run_id: int
    model: str | None
    items: list[BatchItem]


class Person(TypedDict):
    id: int
    name: str
    role: Role
    photos: int
    faces: int
    answers: int
    consented_at: str | None
    consent_version: str | None


class Token(TypedDict):
    id: int
    name: str
    role: str
    scope: Literal["all", "read", "send", "label"]
    person: str
    person_id: int
    created: str
    last_used: str | None
    expires: str | None


class Tag(TypedDict):
    id: int
    name: str
    photos: int
    faces: int


class Tagged(TypedDict):
    id: int
    name: str
    changed: int


class PhotoTags(TypedDict):
    photo: list[str]
    faces: dict[str, Any]


class SavedFilter(TypedDict):
    id: int
    name: str
    view: Literal["faces", "photos"]
    person: int | None
    state: Literal["proposed", "confirmed", "rejected"] | None
    label: str | None
    look: Literal["doubtful", "unsure", "against", "disputed", "gold", "repeats"] | None
    since: str | None
    until: str | None
    tag: int | None


class SentToReview(TypedDict):
    sent: int
    locked: int
    waiting: int
    gone: int
    more: bool


class ExportReport(TypedDict):
    photos: int
    faces: int
    labelled: dict[str, int]
    unlabelled: int
    proposed: int
    rejected: int
    disputed: int
    missing: int
    cannot_carry: list[str]


class Export(TypedDict):
    id: int
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float
    url: str | None
    report: ExportReport | None
    error: str | None
    gone: Literal["expired", "erased"] | None
    format: str
    filter: dict[str, Any]
    saved_filter: int | None
    version: int | None
    crops: bool
    names: bool
    size: int | None
    created: str
    finished: str | None
    expires: str | None


class ImportAccepted(TypedDict):
    id: int
    status: Literal["queued", "running", "done", "failed", "cancelled"]


class ImportLine(TypedDict):
    file: str
    place: str
    message: str
    photo_id: int | None


class ImportReport(TypedDict):
    new: int
    known: int
    faces: int
    counts: dict[str, int]
    conflicts: list[ImportLine]
    skipped: list[ImportLine]
    changed: list[ImportLine]
    notes: list[ImportLine]


class ImportSummary(ImportAccepted):
    progress: float
    error: str | None
    file_name: str
    format: str | None
    created: str
    finished: str | None


class Import(ImportSummary):
    report: ImportReport


class ImportParts(TypedDict):
    part_bytes: int
    parts: list[int]


class Version(TypedDict):
    id: int
    name: str | None
    note: str
    created: str
    person_id: int | None
    photos: int
    faces: int
    photos_gone: int
    faces_gone: int
    labels: dict[str, Any]
    splits: dict[str, Any]
    runs: list[int]


class FaceThen(TypedDict):
    box: Box
    state: Literal["proposed", "confirmed", "rejected"]
    label: str | None
    split: Literal["train", "validation", "locked"]


class ChangedFace(TypedDict):
    face_id: int
    photo_id: int
    before: FaceThen | None
    after: FaceThen | None


class VersionComparison(TypedDict):
    added: int
    removed: int
    relabelled: int
    moved: int
    split: int
    same: int
    items: list[ChangedFace]
    next: int | None


class Class(TypedDict):
    id: int
    name: str
    faces: int
    merged_into: int | None
    retired: bool


class DisputedFace(Face):
    photo_id: int


class GivenOpinion(TypedDict):
    person: str | None
    kind: str
    label: str | None


class Dispute(TypedDict):
    face: DisputedFace
    opinions: list[GivenOpinion]


class Gold(TypedDict):
    marked: int


class Map(TypedDict):
    faces: list[int]
    versions: list[int]
    x: list[int]
    y: list[int]
    label: list[int]
    state: list[int]
    margin: list[int]
    person: list[int]
    locked: list[int]
    labels: list[str]
    people: list[str]
    states: list[str]


class MapProgress(TypedDict):
    placed: int
    wanted: int
    stale: bool


class Picks(TypedDict):
    id: int | None
    sent: int
    locked: int
    waiting: int
    gone: int


class Backup(TypedDict):
    id: int
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float
    scheduled: bool
    file: str | None
    bytes: int | None
    error: str | None
    created: str
    finished: str | None


class Schedule(TypedDict):
    days: int
    hour: int
    kept: int


class Again(TypedDict):
    total: int
    left: int


class Detector(TypedDict):
    detector: str
    likely: float
    hidden: float
    again: Again


class ListedRun(TypedDict):
    id: int
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float
    promoted: bool
    pinned: bool
    created: str
    reason: str | None


class TrainingRule(TypedDict):
    train_after: int
    nightly_hour: int | None


class Invitation(TypedDict):
    id: int
    role: str
    note: str
    uses: int
    uses_left: int
    open: bool
    expires: str


class NewInvitation(Invitation):
    url: str
