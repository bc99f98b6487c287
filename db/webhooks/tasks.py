"""The Celery task of webhooks. Its worker does nothing else: a slow receiver delays no other work."""

from db import queue
from db.queue import app
from db.session import session_scope


@app.task(name=queue.SEND_WEBHOOKS)
def send_webhooks(hook_id: int) -> None:
    from db.webhooks import deliver

    with session_scope() as session:
        deliver.send_all(session, hook_id)
