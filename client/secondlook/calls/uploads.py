"""Uploads in parts, videos and quotas."""

from collections.abc import Sequence

from secondlook.call import Call
from secondlook.results import Clip, PartReceived, Quota, Uploads


def look_up(sha256: Sequence[str]) -> Call[Uploads]:
    """Ask, before sending, what of the files with these hashes is here already."""
    return Call("POST", "/uploads", json={"sha256": list(sha256)}, accept_key=False)


def send_part(
    sha256: str, part: int, data: bytes, *, of: int, person: int | str | None = None
) -> Call[PartReceived]:
    """Send part number `part` (from 0) of `of`; the last one to arrive makes the photo or the clip."""
    return Call("PUT", f"/uploads/{sha256}/{part}", {"of": of, "person": person}, body=data)


def get_clip(clip_id: int) -> Call[Clip]:
    """How far a video is, and the photos that were made of its frames."""
    return Call("GET", f"/clips/{clip_id}")


def get_quota() -> Call[Quota]:
    """How much of what you may send you have sent."""
    return Call("GET", "/quota")
