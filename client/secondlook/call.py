"""What a call of the API is, before anything is sent."""

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, Generic, TypeVar

import httpx

T = TypeVar("T")

Upload = bytes | str | os.PathLike[str] | IO[bytes]
"""A file to send: its bytes, its path, or an open file that can be read again from its start."""


def read_json(response: httpx.Response) -> Any:
    """The JSON of an answer; None if it has no body."""
    return json.loads(response.content) if response.content else None


def read_bytes(response: httpx.Response) -> bytes:
    """The body as it came."""
    return response.content


@dataclass(frozen=True)
class Call(Generic[T]):
    """One call, whose answer is a `T`. The functions in `secondlook.calls` make it, a client sends it."""

    method: str
    path: str
    """Below `/api/v1`, with its leading slash; of `fetch` an address that an answer named."""
    query: Mapping[str, Any] = field(default_factory=dict)
    """None stands for a parameter that is not sent."""
    json: Any = None
    files: tuple[tuple[str, Upload], ...] = ()
    """Field and file, each sent as a part of a form."""
    form: Mapping[str, Any] = field(default_factory=dict)
    body: bytes | None = None
    read: Callable[[httpx.Response], Any] = read_json
    is_named: bool = False
    """Whether `path` is such an address."""
    accept_key: bool = True
    """Whether a POST carries an `Idempotency-Key`; not where the body has a key of its own."""

    def from_cursor(self, cursor: Any) -> "Call[T]":
        """The same call for the page that begins at `next` of the page before."""
        return replace(self, query={**self.query, "cursor": cursor})

    @contextlib.contextmanager
    def content(self) -> Iterator[dict[str, Any]]:
        """What httpx sends of this call besides its address. Files are open as long as the block lasts."""
        sent: dict[str, Any] = {"params": {k: _text(v) for k, v in self.query.items() if v is not None}}
        with contextlib.ExitStack() as opened:
            if self.files or self.form:
                sent["files"] = [(name, opened.enter_context(_part(file))) for name, file in self.files]
                sent["data"] = {name: _text(value) for name, value in self.form.items() if value is not None}
            elif self.body is not None:
                sent["content"] = self.body
            elif self.json is not None:
                sent["json"] = self.json
            yield sent


def without_none(**values: Any) -> dict[str, Any]:
    """The values that were given."""
    return {name: value for name, value in values.items() if value is not None}


def file_name(file: Upload) -> str:
    """The name under which the file is sent."""
    if isinstance(file, str | os.PathLike):
        return Path(file).name
    name = getattr(file, "name", None)
    return Path(name).name if isinstance(name, str) else "file"


def _text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


@contextlib.contextmanager
def _part(file: Upload) -> Iterator[tuple[str, bytes | IO[bytes]]]:
    if isinstance(file, bytes):
        yield file_name(file), file
    elif isinstance(file, str | os.PathLike):
        with Path(file).open("rb") as opened:
            yield file_name(file), opened
    else:
        file.seek(0)
        yield file_name(file), file
