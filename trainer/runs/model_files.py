"""The files of a run's model as people get them: one by one, or all in one zip file."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session
from zipstream import ZipStream

from db import signing
from db.models import Artifact, Run
from db.storage import blobs
from trainer.errors import NoModel, NotFound
from trainer.runs.kept_models import require_files

FORMS = {
    "onnx": "onnx",
    "fp16.onnx": "onnx16",
    "tflite": "tflite",
    "keras": "keras",
    "detector.onnx": "detector",
    "labels.txt": "labels",
    "md": "card",
}
"""The form of each file that a run offers, by the ending of its name."""


Content = bytes | Iterator[bytes]


@dataclass(frozen=True)
class ModelFile:
    """A file of a run: its name when downloaded, its bytes, and as in its `Artifact` the rest."""

    ending: str
    name: str
    size: int
    sha256: str
    difference: float | None


def file_name(run_id: int, ending: str) -> str:
    """The name under which a file is downloaded."""
    return f"second-look-{run_id}.{ending}"


def offered(session: Session, run: Run) -> dict[str, ModelFile]:
    """The files that the run has, by ending, in the order of FORMS."""
    return {
        ending: ModelFile(ending, file_name(run.id, ending), blobs().size(one.blob), one.blob, one.difference)
        for ending, one in _artifacts(session, run).items()
    }


def has_any(session: Session, run: Run) -> bool:
    """Whether the run has a model to download."""
    return session.scalar(select(exists().where(Artifact.run_id == run.id))) is True


def read(session: Session, run: Run, ending: str) -> bytes:
    """The content of one file. Raises NoModel, NotFound, and Tampered."""
    require_files(run)
    artifact = _artifacts(session, run).get(ending)
    if artifact is None:
        raise NotFound("no_such_file", f"Run {run.id} has no such file.", "Its page lists those that it has.")
    return signing.read_verified(artifact)


def archive(session: Session, run: Run, texts: Mapping[str, str]) -> Iterator[bytes]:
    """The parts of a zip file with the run's files, `texts` by name, and the checksums of both.

    Every file is checked before the first part. Raises NoModel, and Tampered.
    """
    require_files(run)
    artifacts = _artifacts(session, run)
    if not artifacts:
        raise NoModel("no_files", f"Run {run.id} has no model.", "Choose a run that is done.")
    for artifact in artifacts.values():
        signing.read_verified(artifact)
    files = {file_name(run.id, ending): artifact.blob for ending, artifact in artifacts.items()}
    return _zipped(f"second-look-{run.id}", files, texts)


def _zipped(folder: str, files: Mapping[str, str], texts: Mapping[str, str]) -> Iterator[bytes]:
    hashes = {**files, **{name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}}
    sums = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(hashes.items()))
    zipped = ZipStream()  # without compression: weights hardly get smaller
    for name, text in {**texts, "SHA256SUMS": sums}.items():
        zipped.add(text, f"{folder}/{name}")
    yield from zipped.all_files()
    for name, blob in files.items():  # read one at a time, to keep only one in memory
        zipped.add(blobs().get(blob), f"{folder}/{name}")
        yield from zipped.all_files()
    yield from zipped.finalize()


def _artifacts(session: Session, run: Run) -> dict[str, Artifact]:
    """The rows of the files that are offered, by ending, in the order of FORMS."""
    rows = {one.form: one for one in session.scalars(select(Artifact).where(Artifact.run_id == run.id))}
    return {ending: rows[form] for ending, form in FORMS.items() if form in rows}
