"""What goes wrong with a call."""

import json
from typing import Any

import httpx


class SecondLookError(Exception):
    """Whatever this package raises."""


class Unreachable(SecondLookError):
    """The workbench did not answer, or not whole."""


class TookTooLong(SecondLookError):
    """What was waited for did not end in time."""


class ApiError(SecondLookError):
    """The workbench refused a call, and says why."""

    def __init__(self, status: int, code: str, message: str, hint: str, detail: dict[str, Any]) -> None:
        super().__init__(f"{status} {code}: {message} {hint}".rstrip())
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint
        self.detail = detail
        """What stands beside `error` in the body, such as `answered` of a conflict."""


def error_of(response: httpx.Response) -> ApiError:
    """The error that an answer tells; also of an answer that is not ours, a proxy's page for one."""
    try:
        body = json.loads(response.content)
        error = body.pop("error")
        return ApiError(response.status_code, error["code"], error["message"], error["hint"], body)
    except (ValueError, LookupError, TypeError, AttributeError):
        text = response.reason_phrase or "No reason was given."
        return ApiError(response.status_code, "not_ours", text, "Is this the address of a workbench?", {})
