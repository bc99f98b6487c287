"""Where the workbench is and who calls: what both clients are made of."""

import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from secondlook.call import Call
from secondlook.errors import SecondLookError

AGENT = "secondlook-python/1"


@dataclass(frozen=True)
class Address:
    url: str
    """Of the API, with its slash at the end."""
    token: str

    @classmethod
    def find(cls, url: str | None, token: str | None) -> "Address":
        """As given, or else SECONDLOOK_URL and SECONDLOOK_TOKEN. Raises SecondLookError without a token."""
        url = url or os.environ.get("SECONDLOOK_URL") or "http://127.0.0.1:8000"
        token = token or os.environ.get("SECONDLOOK_TOKEN")
        if not token:
            raise SecondLookError("No token: give one, or set SECONDLOOK_TOKEN (flask token --role owner).")
        return cls(f"{url.rstrip('/')}/api/v1/", token)

    def of(self, call: Call[Any]) -> str:
        """Where to send the call. Raises SecondLookError for another server, which is not told the token."""
        if not call.is_named:
            return self.url + call.path.lstrip("/")
        named = urljoin(self.url, call.path)
        if urlsplit(named)[:2] != urlsplit(self.url)[:2]:
            raise SecondLookError(f"{call.path} is no address of this workbench.")
        return named

    def options(self, timeout: float) -> dict[str, Any]:
        """What httpx's client is made with."""
        headers = {"Authorization": f"Bearer {self.token}", "User-Agent": AGENT, "Accept": "*/*"}
        return {"headers": headers, "timeout": timeout}
