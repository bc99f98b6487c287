"""What pages can change, the API can change, or there is a reason why it cannot."""

from web import create_app
from web.auth.permissions import ALLOWED

WAY_IN = "a way in: a token must not make or end another, or what it makes would outlive it"
WORDS = "consent, given by whoever reads its words"
OWN_UNDO = "the undo of a button that was just pressed on that page"
OWNERS_CHOICE = "a setting about what friends see, made where it is explained"

SAME = {
    "upload.send": "send_photo",
    "upload.delete": "delete_photo",
    "upload.try_again": "retry_photo",
    "upload.turn_photo": "turn_photo",
    "gallery.answer": "send_answers, mark_gold",
    "gallery.undo": "send_answer",
    "gallery.erase": "delete_photo",
    "agreement.settle": "send_answer",
    "map.draw": "draw_map",
    "map.send": "pick_faces",
    "map.undo": "undo_picks",
    "classes.edit": "add_class, rename_class, merge_class, retire_class",
    "runs.start": "start_run",
    "runs.rule": "set_training_rule",
    "runs.cancel": "cancel_run",
    "runs.promote": "promote_run",
    "runs.pin": "pin_run, unpin_run",
    "runs.roll_back": "roll_back",
    "runs.relabel": "send_answer",
    "detector.move": "set_thresholds",
    "detector.look_again": "detect_again",
    "backups.start": "start_backup",
    "backups.cancel": "cancel_backup",
    "backups.delete": "delete_backup",
    "backups.schedule": "set_backup_schedule",
    "tags.tag_chosen": "put_tag, take_tag_off",
    "tags.tag_photo": "put_tag, take_tag_off",
    "tags.edit_tag": "rename_tag, delete_tag",
    "tags.save_filter": "save_filter",
    "tags.edit_filter": "rename_filter, delete_filter",
    "tags.send_to_review": "send_to_review",
    "tags.send_all_to_review": "send_to_review",
    "transfers.start_export": "start_export",
    "transfers.cancel_export": "cancel_export",
    "transfers.delete_export": "delete_export",
    "imports.start": "start_import",
    "imports.cancel": "cancel_import",
    "versions.make": "make_version",
    "versions.edit": "rename_version, delete_version",
    "assignments.add": "add_assignment",
    "assignments.assign_chosen": "add_assignment",
    "assignments.withdraw": "withdraw_assignment",
    "webhooks.add": "add_webhook",
    "webhooks.change": "change_webhook",
    "webhooks.pause": "change_webhook",
    "webhooks.turn_on": "change_webhook",
    "webhooks.delete": "delete_webhook",
    "webhooks.new_secret": "replace_webhook_secret",
    "webhooks.send_test": "test_webhook",
    "webhooks.send_again": "send_webhook_again",
    "operations.retry_photos": "retry_photo",
    "operations.retry_photo": "retry_photo",
    "operations.retry_run": "start_run",
    "people.invite": "invite_people",
    "people.revoke": "revoke_invitation",
    "people.rename": "rename_person",
    "people.merge": "merge_person",
    "people.erase": "delete_person",
    "people.revoke_token": "revoke_token",
}
"""Each address of a page that changes something, and the calls that do the same."""
PAGE_ONLY = {
    "auth.accept": WAY_IN,
    "auth.come_back": WAY_IN,
    "auth.sign_out": WAY_IN,
    "account.end_session": WAY_IN,
    "account.end_sessions": WAY_IN,
    "account.add_token": WAY_IN,
    "account.revoke_token": WAY_IN,
    "passkeys.begin_sign_in": WAY_IN,
    "passkeys.finish_sign_in": WAY_IN,
    "passkeys.begin_adding": WAY_IN,
    "passkeys.add": WAY_IN,
    "passkeys.rename": WAY_IN,
    "passkeys.remove": WAY_IN,
    "people.replace_link": WAY_IN,
    "people.end_session": WAY_IN,
    "people.end_sessions": WAY_IN,
    "mine.agree": WORDS,
    "mine.erase": WORDS,
    "gallery.restore": OWN_UNDO,
    "classes.undo": OWN_UNDO,
    "try_it.friends": OWNERS_CHOICE,
}
"""Each that has none, and why."""


def test_every_change_of_a_page_has_a_call_or_a_reason(data: object) -> None:
    rules = list(create_app().url_map.iter_rules())
    changing = {rule.endpoint for rule in rules if (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}}
    assert {one for one in changing if not one.startswith("api_")} == set(SAME) | set(PAGE_ONLY)
    assert not set(SAME) & set(PAGE_ONLY)


def test_the_calls_exist() -> None:
    calls = {endpoint.partition(".")[2] for endpoint in ALLOWED if endpoint.startswith("api_")}
    assert {call for names in SAME.values() for call in names.split(", ")} <= calls
