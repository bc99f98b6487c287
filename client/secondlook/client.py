"""The client for programs that wait for each answer."""

import time
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from secondlook import calls, scripts
from secondlook.call import Call
from secondlook.methods import Each, Played, Script, Sent
from secondlook.retries import Attempts
from secondlook.settings import Address

T = TypeVar("T")


class Client:
    """The API of one workbench, as whoever the token belongs to. Several threads may share one.

    Without `url` and `token` they are SECONDLOOK_URL and SECONDLOOK_TOKEN. `timeout`: seconds without a byte
    after which an attempt fails. `patience`: seconds within which a call that may yet succeed is sent again.
    `transport` is httpx's, for proxies and certificates of one's own.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        timeout: float = 60,
        patience: float = 60,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(**Address.find(url, token).options(timeout), transport=transport)
        self._patience = patience

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def send(self, call: Call[T]) -> T:
        """The answer to a call of `secondlook.calls`. Raises ApiError and Unreachable."""
        attempts = Attempts(call, self._patience)
        while True:
            outcome: httpx.Response | httpx.TransportError
            try:
                with call.content() as content:
                    outcome = self._http.request(
                        call.method, call.path[1:], headers=attempts.headers, **content
                    )
            except httpx.TransportError as error:
                outcome = error
            pause = attempts.pause_after(outcome)
            if pause is None and isinstance(outcome, httpx.Response):
                answer: T = call.read(outcome)
                return answer
            time.sleep(pause or 0)

    def play(self, script: Script[T]) -> T:
        """What a script of `secondlook.scripts` returns."""
        answer: Any = None
        while True:
            try:
                step = script.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            if isinstance(step, Call):
                answer = self.send(step)
            else:
                time.sleep(step)

    # All calls of `secondlook.calls`, then what takes several of them.
    get_queue = Sent(calls.get_queue)
    get_agreed = Sent(calls.get_agreed)
    get_progress = Sent(calls.get_progress)
    send_answer = Sent(calls.send_answer)
    send_answers = Sent(calls.send_answers)
    list_answers = Sent(calls.list_answers)
    each_answer = Each(calls.list_answers)
    renew_leases = Sent(calls.renew_leases)
    list_people = Sent(calls.list_people)
    each_person = Each(calls.list_people)
    delete_person = Sent(calls.delete_person)
    list_tokens = Sent(calls.list_tokens)
    each_token = Each(calls.list_tokens)
    revoke_token = Sent(calls.revoke_token)
    send_photo = Sent(calls.send_photo)
    list_photos = Sent(calls.list_photos)
    each_photo = Each(calls.list_photos)
    get_photo = Sent(calls.get_photo)
    delete_photo = Sent(calls.delete_photo)
    retry_photo = Sent(calls.retry_photo)
    turn_photo = Sent(calls.turn_photo)
    draw_face = Sent(calls.draw_face)
    complete_photo = Sent(calls.complete_photo)
    reopen_photo = Sent(calls.reopen_photo)
    list_faces = Sent(calls.list_faces)
    each_face = Each(calls.list_faces)
    list_face_comments = Sent(calls.list_face_comments)
    add_comment = Sent(calls.add_comment)
    list_comments = Sent(calls.list_comments)
    each_comment = Each(calls.list_comments)
    resolve_comment = Sent(calls.resolve_comment)
    reopen_comment = Sent(calls.reopen_comment)
    delete_comment = Sent(calls.delete_comment)
    find_similar = Sent(calls.find_similar)
    find_similar_to_photo = Sent(calls.find_similar_to_photo)
    predict = Sent(calls.predict)
    predict_picture = Sent(calls.predict_picture)
    send_batch = Sent(calls.send_batch)
    get_batch = Sent(calls.get_batch)
    delete_batch = Sent(calls.delete_batch)
    keep_photo = Sent(calls.keep_photo)
    start_run = Sent(calls.start_run)
    get_run = Sent(calls.get_run)
    cancel_run = Sent(calls.cancel_run)
    promote_run = Sent(calls.promote_run)
    list_suspects = Sent(calls.list_suspects)
    each_suspect = Each(calls.list_suspects)
    compare_runs = Sent(calls.compare_runs)
    stats = Sent(calls.stats)
    look_up = Sent(calls.look_up)
    send_part = Sent(calls.send_part)
    get_clip = Sent(calls.get_clip)
    get_quota = Sent(calls.get_quota)
    delete_filter = Sent(calls.delete_filter)
    delete_tag = Sent(calls.delete_tag)
    list_filters = Sent(calls.list_filters)
    each_filter = Each(calls.list_filters)
    list_tags = Sent(calls.list_tags)
    each_tag = Each(calls.list_tags)
    photo_tags = Sent(calls.photo_tags)
    put_tag = Sent(calls.put_tag)
    rename_filter = Sent(calls.rename_filter)
    rename_tag = Sent(calls.rename_tag)
    save_filter = Sent(calls.save_filter)
    send_to_review = Sent(calls.send_to_review)
    take_tag_off = Sent(calls.take_tag_off)
    start_export = Sent(calls.start_export)
    list_exports = Sent(calls.list_exports)
    each_export = Each(calls.list_exports)
    get_export = Sent(calls.get_export)
    cancel_export = Sent(calls.cancel_export)
    delete_export = Sent(calls.delete_export)
    list_webhooks = Sent(calls.list_webhooks)
    each_webhook = Each(calls.list_webhooks)
    add_webhook = Sent(calls.add_webhook)
    get_webhook = Sent(calls.get_webhook)
    change_webhook = Sent(calls.change_webhook)
    delete_webhook = Sent(calls.delete_webhook)
    replace_webhook_secret = Sent(calls.replace_webhook_secret)
    test_webhook = Sent(calls.test_webhook)
    list_webhook_deliveries = Sent(calls.list_webhook_deliveries)
    each_webhook_delivery = Each(calls.list_webhook_deliveries)
    send_webhook_again = Sent(calls.send_webhook_again)
    start_import = Sent(calls.start_import)
    list_imports = Sent(calls.list_imports)
    each_import = Each(calls.list_imports)
    get_import = Sent(calls.get_import)
    cancel_import = Sent(calls.cancel_import)
    send_import_part = Sent(calls.send_import_part)
    list_import_parts = Sent(calls.list_import_parts)
    compare_versions = Sent(calls.compare_versions)
    delete_version = Sent(calls.delete_version)
    get_version = Sent(calls.get_version)
    list_versions = Sent(calls.list_versions)
    make_version = Sent(calls.make_version)
    rename_version = Sent(calls.rename_version)
    each_version = Each(calls.list_versions)
    wait_for_run = Played(scripts.wait_for_run)
    wait_for_photo = Played(scripts.wait_for_photo)
    wait_for_clip = Played(scripts.wait_for_clip)
    wait_for_batch = Played(scripts.wait_for_batch)
    send_in_parts = Played(scripts.send_in_parts)
