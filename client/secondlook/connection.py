"""What both clients begin with: the workbench, the token, and httpx's client to it."""

from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

from secondlook.settings import Address

Http = TypeVar("Http")
Transport = TypeVar("Transport")


class Connection(ABC, Generic[Http, Transport]):
    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        timeout: float = 60,
        patience: float = 60,
        transport: Transport | None = None,
    ) -> None:
        self._address = Address.find(url, token)
        self._http = self._connect(**self._address.options(timeout), transport=transport)
        self._patience = patience

    @staticmethod
    @abstractmethod
    def _connect(**options: Any) -> Http:
        """httpx's client."""
