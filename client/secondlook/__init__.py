"""A client for the JSON API of Second Look, a workbench for labelling faces and training on the labels."""

from secondlook.async_client import AsyncClient
from secondlook.client import Client
from secondlook.errors import ApiError, SecondLookError, TookTooLong, Unreachable

__all__ = ["ApiError", "AsyncClient", "Client", "SecondLookError", "TookTooLong", "Unreachable"]
