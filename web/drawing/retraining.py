"""What a run changes for those who label, in one sentence each: pages say this and add nothing."""

from sqlalchemy.orm import Session

from labeller.detection import again_requests
from trainer.runs.requests import MIN_NEW_ANSWERS, RetrainProgress
from web.i18n import _, ngettext


def progress_text(progress: RetrainProgress) -> str:
    """What is missing, and why; or that a retrain is worthwhile."""
    if progress.missing:
        listed = ", ".join(f"{name}: {count}" for name, count in progress.missing.items())
        return ngettext(
            "%(n)s more face is needed before a model can be trained (%(listed)s).",
            "%(n)s more faces are needed before a model can be trained (%(listed)s).",
            sum(progress.missing.values()),
            listed=listed,
        )
    if progress.learned is None:
        return _("There are enough labels for a first model.")
    left = progress.needed - progress.have
    if left <= 0:
        return ngettext(
            "A retrain is worthwhile now: %(n)s answer is newer than the live model.",
            "A retrain is worthwhile now: %(n)s answers are newer than the live model.",
            progress.have,
        )
    if progress.needed == MIN_NEW_ANSWERS:
        return ngettext(
            "%(n)s more answer makes a retrain worthwhile: fewer than %(least)s new ones change little.",
            "%(n)s more answers make a retrain worthwhile: fewer than %(least)s new ones change little.",
            left,
            least=MIN_NEW_ANSWERS,
        )
    return ngettext(
        "%(n)s more answer makes a retrain worthwhile: then a tenth of the %(learned)s faces that the live"
        " model learned from is new.",
        "%(n)s more answers make a retrain worthwhile: then a tenth of the %(learned)s faces that the live"
        " model learned from is new.",
        left,
        learned=progress.learned,
    )


def detection_note(session: Session) -> str | None:
    """Why the number of faces to label changes otherwise than by answers and new photos, or None."""
    progress = again_requests.progress(session)
    if not progress.left:
        return None
    done = progress.total - progress.left
    return _("Old photos are looked at again: %(done)s of %(total)s.", done=done, total=progress.total)
