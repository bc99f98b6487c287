"""The client for asyncio. It has the same methods as `Client`."""

import asyncio
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from secondlook import calls, scripts
from secondlook.call import Call
from secondlook.connection import Connection
from secondlook.errors import Unreachable, error_of
from secondlook.files import stored_whole
from secondlook.methods import AsyncEach, AsyncPlayed, AsyncSent, Script
from secondlook.retries import Attempts

T = TypeVar("T")


class AsyncClient(Connection[httpx.AsyncClient, httpx.AsyncBaseTransport]):
    """The API of one workbench, as `Client`; each method is awaited, `each_...` is for `async for`."""

    @staticmethod
    def _connect(**options: Any) -> httpx.AsyncClient:
        return httpx.AsyncClient(**options)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def send(self, call: Call[T]) -> T:
        """The answer to a call of `secondlook.calls`. Raises ApiError and Unreachable."""
        attempts = Attempts(call, self._patience)
        while True:
            outcome: httpx.Response | httpx.TransportError
            try:
                with call.content() as content:
                    outcome = await self._http.request(
                        call.method, self._address.of(call), headers=attempts.headers, **content
                    )
            except httpx.TransportError as error:
                outcome = error
            pause = attempts.pause_after(outcome)
            if pause is None and isinstance(outcome, httpx.Response):
                answer: T = call.read(outcome)
                return answer
            await asyncio.sleep(pause or 0)

    async def download(self, url: str, to: str | os.PathLike[str]) -> Path:
        """Store the file at an address that an answer names, such as the `url` of an export, piece by piece.

        It is sent for once. Raises ApiError, and Unreachable if it breaks off: then nothing is stored.
        """
        address, path = self._address.of(Call("GET", url, is_named=True)), Path(to)
        try:
            async with self._http.stream("GET", address) as response:
                if response.is_error:
                    await response.aread()
                    raise error_of(response)
                with stored_whole(path) as file:
                    async for piece in response.aiter_bytes():
                        file.write(piece)
        except httpx.TransportError as error:
            raise Unreachable(f"The workbench cannot be reached: {error}") from error
        return path

    async def play(self, script: Script[T]) -> T:
        """What a script of `secondlook.scripts` returns."""
        answer: Any = None
        while True:
            try:
                step = script.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            if isinstance(step, Call):
                answer = await self.send(step)
            else:
                await asyncio.sleep(step)

    # All calls of `secondlook.calls`, then what takes several of them.
    list_assignments = AsyncSent(calls.list_assignments)
    each_assignment = AsyncEach(calls.list_assignments)
    add_assignment = AsyncSent(calls.add_assignment)
    get_assignment = AsyncSent(calls.get_assignment)
    withdraw_assignment = AsyncSent(calls.withdraw_assignment)
    list_backups = AsyncSent(calls.list_backups)
    each_backup = AsyncEach(calls.list_backups)
    start_backup = AsyncSent(calls.start_backup)
    get_backup = AsyncSent(calls.get_backup)
    cancel_backup = AsyncSent(calls.cancel_backup)
    delete_backup = AsyncSent(calls.delete_backup)
    get_backup_schedule = AsyncSent(calls.get_backup_schedule)
    set_backup_schedule = AsyncSent(calls.set_backup_schedule)
    get_detector = AsyncSent(calls.get_detector)
    set_thresholds = AsyncSent(calls.set_thresholds)
    detect_again = AsyncSent(calls.detect_again)
    list_classes = AsyncSent(calls.list_classes)
    each_class = AsyncEach(calls.list_classes)
    add_class = AsyncSent(calls.add_class)
    rename_class = AsyncSent(calls.rename_class)
    merge_class = AsyncSent(calls.merge_class)
    retire_class = AsyncSent(calls.retire_class)
    list_disputes = AsyncSent(calls.list_disputes)
    each_dispute = AsyncEach(calls.list_disputes)
    mark_gold = AsyncSent(calls.mark_gold)
    get_map = AsyncSent(calls.get_map)
    get_map_progress = AsyncSent(calls.get_map_progress)
    draw_map = AsyncSent(calls.draw_map)
    pick_faces = AsyncSent(calls.pick_faces)
    undo_picks = AsyncSent(calls.undo_picks)
    list_face_comments = AsyncSent(calls.list_face_comments)
    add_comment = AsyncSent(calls.add_comment)
    list_comments = AsyncSent(calls.list_comments)
    each_comment = AsyncEach(calls.list_comments)
    resolve_comment = AsyncSent(calls.resolve_comment)
    reopen_comment = AsyncSent(calls.reopen_comment)
    delete_comment = AsyncSent(calls.delete_comment)
    list_tags = AsyncSent(calls.list_tags)
    each_tag = AsyncEach(calls.list_tags)
    put_tag = AsyncSent(calls.put_tag)
    take_tag_off = AsyncSent(calls.take_tag_off)
    rename_tag = AsyncSent(calls.rename_tag)
    delete_tag = AsyncSent(calls.delete_tag)
    photo_tags = AsyncSent(calls.photo_tags)
    list_filters = AsyncSent(calls.list_filters)
    each_filter = AsyncEach(calls.list_filters)
    save_filter = AsyncSent(calls.save_filter)
    rename_filter = AsyncSent(calls.rename_filter)
    delete_filter = AsyncSent(calls.delete_filter)
    send_to_review = AsyncSent(calls.send_to_review)
    list_versions = AsyncSent(calls.list_versions)
    each_version = AsyncEach(calls.list_versions)
    make_version = AsyncSent(calls.make_version)
    get_version = AsyncSent(calls.get_version)
    rename_version = AsyncSent(calls.rename_version)
    delete_version = AsyncSent(calls.delete_version)
    compare_versions = AsyncSent(calls.compare_versions)
    start_export = AsyncSent(calls.start_export)
    list_exports = AsyncSent(calls.list_exports)
    each_export = AsyncEach(calls.list_exports)
    get_export = AsyncSent(calls.get_export)
    cancel_export = AsyncSent(calls.cancel_export)
    delete_export = AsyncSent(calls.delete_export)
    start_import = AsyncSent(calls.start_import)
    list_imports = AsyncSent(calls.list_imports)
    each_import = AsyncEach(calls.list_imports)
    get_import = AsyncSent(calls.get_import)
    cancel_import = AsyncSent(calls.cancel_import)
    send_import_part = AsyncSent(calls.send_import_part)
    list_import_parts = AsyncSent(calls.list_import_parts)
    get_queue = AsyncSent(calls.get_queue)
    get_agreed = AsyncSent(calls.get_agreed)
    get_progress = AsyncSent(calls.get_progress)
    send_answer = AsyncSent(calls.send_answer)
    send_answers = AsyncSent(calls.send_answers)
    list_answers = AsyncSent(calls.list_answers)
    each_answer = AsyncEach(calls.list_answers)
    renew_leases = AsyncSent(calls.renew_leases)
    list_people = AsyncSent(calls.list_people)
    each_person = AsyncEach(calls.list_people)
    get_person = AsyncSent(calls.get_person)
    rename_person = AsyncSent(calls.rename_person)
    merge_person = AsyncSent(calls.merge_person)
    list_invitations = AsyncSent(calls.list_invitations)
    each_invitation = AsyncEach(calls.list_invitations)
    invite_people = AsyncSent(calls.invite_people)
    revoke_invitation = AsyncSent(calls.revoke_invitation)
    delete_person = AsyncSent(calls.delete_person)
    list_tokens = AsyncSent(calls.list_tokens)
    each_token = AsyncEach(calls.list_tokens)
    revoke_token = AsyncSent(calls.revoke_token)
    send_photo = AsyncSent(calls.send_photo)
    list_photos = AsyncSent(calls.list_photos)
    each_photo = AsyncEach(calls.list_photos)
    get_photo = AsyncSent(calls.get_photo)
    delete_photo = AsyncSent(calls.delete_photo)
    retry_photo = AsyncSent(calls.retry_photo)
    turn_photo = AsyncSent(calls.turn_photo)
    draw_face = AsyncSent(calls.draw_face)
    complete_photo = AsyncSent(calls.complete_photo)
    reopen_photo = AsyncSent(calls.reopen_photo)
    fetch = AsyncSent(calls.fetch)
    list_faces = AsyncSent(calls.list_faces)
    each_face = AsyncEach(calls.list_faces)
    predict = AsyncSent(calls.predict)
    predict_picture = AsyncSent(calls.predict_picture)
    send_batch = AsyncSent(calls.send_batch)
    get_batch = AsyncSent(calls.get_batch)
    delete_batch = AsyncSent(calls.delete_batch)
    keep_photo = AsyncSent(calls.keep_photo)
    start_run = AsyncSent(calls.start_run)
    list_runs = AsyncSent(calls.list_runs)
    each_run = AsyncEach(calls.list_runs)
    get_run = AsyncSent(calls.get_run)
    cancel_run = AsyncSent(calls.cancel_run)
    promote_run = AsyncSent(calls.promote_run)
    roll_back = AsyncSent(calls.roll_back)
    pin_run = AsyncSent(calls.pin_run)
    unpin_run = AsyncSent(calls.unpin_run)
    get_training_rule = AsyncSent(calls.get_training_rule)
    set_training_rule = AsyncSent(calls.set_training_rule)
    list_suspects = AsyncSent(calls.list_suspects)
    each_suspect = AsyncEach(calls.list_suspects)
    compare_runs = AsyncSent(calls.compare_runs)
    stats = AsyncSent(calls.stats)
    find_similar = AsyncSent(calls.find_similar)
    find_similar_to_photo = AsyncSent(calls.find_similar_to_photo)
    look_up = AsyncSent(calls.look_up)
    send_part = AsyncSent(calls.send_part)
    get_clip = AsyncSent(calls.get_clip)
    get_quota = AsyncSent(calls.get_quota)
    list_webhooks = AsyncSent(calls.list_webhooks)
    each_webhook = AsyncEach(calls.list_webhooks)
    add_webhook = AsyncSent(calls.add_webhook)
    get_webhook = AsyncSent(calls.get_webhook)
    change_webhook = AsyncSent(calls.change_webhook)
    delete_webhook = AsyncSent(calls.delete_webhook)
    replace_webhook_secret = AsyncSent(calls.replace_webhook_secret)
    test_webhook = AsyncSent(calls.test_webhook)
    list_webhook_deliveries = AsyncSent(calls.list_webhook_deliveries)
    each_webhook_delivery = AsyncEach(calls.list_webhook_deliveries)
    send_webhook_again = AsyncSent(calls.send_webhook_again)
    wait_for_run = AsyncPlayed(scripts.wait_for_run)
    wait_for_photo = AsyncPlayed(scripts.wait_for_photo)
    wait_for_clip = AsyncPlayed(scripts.wait_for_clip)
    wait_for_batch = AsyncPlayed(scripts.wait_for_batch)
    wait_for_export = AsyncPlayed(scripts.wait_for_export)
    wait_for_import = AsyncPlayed(scripts.wait_for_import)
    send_in_parts = AsyncPlayed(scripts.send_in_parts)
