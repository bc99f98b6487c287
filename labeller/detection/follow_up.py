"""What follows once the first detector has seen the new photos: the others, and old photos again.

What is left to do is in the rows, so a lost message or a stopped worker loses nothing.
"""

from sqlalchemy.orm import Session

from db import jobs, queue, tasks
from db.box_thresholds import other_detectors
from db.models import Photo
from labeller.detection import again_requests, passes

SENT_AT_ONCE = 200


def send_missing(session: Session) -> None:
    """Enqueue some of what is left to do, if none of it is queued; new photos come first."""
    if jobs.any_open(session, Photo):
        return
    if other_detectors() and not jobs.waiting_messages(queue.QUEUES[queue.CONFIRM_FACES]):
        for detector in other_detectors():
            for photo_id in passes.waiting(session, detector, SENT_AT_ONCE):
                tasks.enqueue_confirmation(session, photo_id, detector)
    if again_requests.progress(session).left and not jobs.waiting_messages(queue.QUEUES[queue.DETECT_AGAIN]):
        tasks.enqueue_detecting_again(session)
    session.commit()
