"""The client for programs that wait for each answer."""

import os
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from secondlook import calls, scripts
from secondlook.call import Call
from secondlook.connection import Connection
from secondlook.errors import Unreachable, error_of
from secondlook.files import stored_whole
from secondlook.methods import Each, Played, Script, Sent
from secondlook.retries import Attempts

T = TypeVar("T")


class Client(Connection[httpx.Client, httpx.BaseTransport]):
    """The API of one workbench, as whoever the token belongs to. Several threads may share one.

    Without `url` and `token` they are SECONDLOOK_URL and SECONDLOOK_TOKEN. `timeout`: seconds without a byte
    after which an attempt fails. `patience`: seconds within which a call that may yet succeed is sent again.
    `transport` is httpx's, for proxies and certificates of one's own.
    """

    @staticmethod
    def _connect(**options: Any) -> httpx.Client:
        return httpx.Client(**options)

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
                        call.method, self._address.of(call), headers=attempts.headers, **content
                    )
            except httpx.TransportError as error:
                outcome = error
            pause = attempts.pause_after(outcome)
            if pause is None and isinstance(outcome, httpx.Response):
                answer: T = call.read(outcome)
                return answer
            time.sleep(pause or 0)

    def download(self, url: str, to: str | os.PathLike[str]) -> Path:
        """Store the file at an address that an answer names, such as the `url` of an export, piece by piece.

        It is sent for once. Raises ApiError, and Unreachable if it breaks off: then nothing is stored.
        """
        address, path = self._address.of(Call("GET", url, is_named=True)), Path(to)
        try:
            with self._http.stream("GET", address) as response:
                if response.is_error:
                    response.read()
                    raise error_of(response)
                with stored_whole(path) as file:
                    for piece in response.iter_bytes():
                        file.write(piece)
        except httpx.TransportError as error:
            raise Unreachable(f"The workbench cannot be reached: {error}") from error
        return path

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
    list_assignments = Sent(calls.list_assignments)
    each_assignment = Each(calls.list_assignments)
    add_assignment = Sent(calls.add_assignment)
    get_assignment = Sent(calls.get_assignment)
    withdraw_assignment = Sent(calls.withdraw_assignment)
    list_backups = Sent(calls.list_backups)
    each_backup = Each(calls.list_backups)
    start_backup = Sent(calls.start_backup)
    get_backup = Sent(calls.get_backup)
    cancel_backup = Sent(calls.cancel_backup)
    delete_backup = Sent(calls.delete_backup)
    get_backup_schedule = Sent(calls.get_backup_schedule)
    set_backup_schedule = Sent(calls.set_backup_schedule)
    get_detector = Sent(calls.get_detector)
    set_thresholds = Sent(calls.set_thresholds)
    detect_again = Sent(calls.detect_again)
    list_classes = Sent(calls.list_classes)
    each_class = Each(calls.list_classes)
    add_class = Sent(calls.add_class)
    rename_class = Sent(calls.rename_class)
    merge_class = Sent(calls.merge_class)
    retire_class = Sent(calls.retire_class)
    list_disputes = Sent(calls.list_disputes)
    each_dispute = Each(calls.list_disputes)
    mark_gold = Sent(calls.mark_gold)
    get_map = Sent(calls.get_map)
    get_map_progress = Sent(calls.get_map_progress)
    draw_map = Sent(calls.draw_map)
    pick_faces = Sent(calls.pick_faces)
    undo_picks = Sent(calls.undo_picks)
    list_face_comments = Sent(calls.list_face_comments)
    add_comment = Sent(calls.add_comment)
    list_comments = Sent(calls.list_comments)
    each_comment = Each(calls.list_comments)
    resolve_comment = Sent(calls.resolve_comment)
    reopen_comment = Sent(calls.reopen_comment)
    delete_comment = Sent(calls.delete_comment)
    list_tags = Sent(calls.list_tags)
    each_tag = Each(calls.list_tags)
    put_tag = Sent(calls.put_tag)
    take_tag_off = Sent(calls.take_tag_off)
    rename_tag = Sent(calls.rename_tag)
    delete_tag = Sent(calls.delete_tag)
    photo_tags = Sent(calls.photo_tags)
    list_filters = Sent(calls.list_filters)
    each_filter = Each(calls.list_filters)
    save_filter = Sent(calls.save_filter)
    rename_filter = Sent(calls.rename_filter)
    delete_filter = Sent(calls.delete_filter)
    send_to_review = Sent(calls.send_to_review)
    list_versions = Sent(calls.list_versions)
    each_version = Each(calls.list_versions)
    make_version = Sent(calls.make_version)
    get_version = Sent(calls.get_version)
    rename_version = Sent(calls.rename_version)
    delete_version = Sent(calls.delete_version)
    compare_versions = Sent(calls.compare_versions)
    start_export = Sent(calls.start_export)
    list_exports = Sent(calls.list_exports)
    each_export = Each(calls.list_exports)
    get_export = Sent(calls.get_export)
    cancel_export = Sent(calls.cancel_export)
    delete_export = Sent(calls.delete_export)
    start_import = Sent(calls.start_import)
    list_imports = Sent(calls.list_imports)
    each_import = Each(calls.list_imports)
    get_import = Sent(calls.get_import)
    cancel_import = Sent(calls.cancel_import)
    send_import_part = Sent(calls.send_import_part)
    list_import_parts = Sent(calls.list_import_parts)
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
    get_person = Sent(calls.get_person)
    rename_person = Sent(calls.rename_person)
    merge_person = Sent(calls.merge_person)
    list_invitations = Sent(calls.list_invitations)
    each_invitation = Each(calls.list_invitations)
    invite_people = Sent(calls.invite_people)
    revoke_invitation = Sent(calls.revoke_invitation)
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
    fetch = Sent(calls.fetch)
    list_faces = Sent(calls.list_faces)
    each_face = Each(calls.list_faces)
    predict = Sent(calls.predict)
    predict_picture = Sent(calls.predict_picture)
    send_batch = Sent(calls.send_batch)
    get_batch = Sent(calls.get_batch)
    delete_batch = Sent(calls.delete_batch)
    keep_photo = Sent(calls.keep_photo)
    start_run = Sent(calls.start_run)
    list_runs = Sent(calls.list_runs)
    each_run = Each(calls.list_runs)
    get_run = Sent(calls.get_run)
    cancel_run = Sent(calls.cancel_run)
    promote_run = Sent(calls.promote_run)
    roll_back = Sent(calls.roll_back)
    pin_run = Sent(calls.pin_run)
    unpin_run = Sent(calls.unpin_run)
    get_training_rule = Sent(calls.get_training_rule)
    set_training_rule = Sent(calls.set_training_rule)
    list_suspects = Sent(calls.list_suspects)
    each_suspect = Each(calls.list_suspects)
    compare_runs = Sent(calls.compare_runs)
    stats = Sent(calls.stats)
    find_similar = Sent(calls.find_similar)
    find_similar_to_photo = Sent(calls.find_similar_to_photo)
    look_up = Sent(calls.look_up)
    send_part = Sent(calls.send_part)
    get_clip = Sent(calls.get_clip)
    get_quota = Sent(calls.get_quota)
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
    wait_for_run = Played(scripts.wait_for_run)
    wait_for_photo = Played(scripts.wait_for_photo)
    wait_for_clip = Played(scripts.wait_for_clip)
    wait_for_batch = Played(scripts.wait_for_batch)
    wait_for_export = Played(scripts.wait_for_export)
    wait_for_import = Played(scripts.wait_for_import)
    send_in_parts = Played(scripts.send_in_parts)
