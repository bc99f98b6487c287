"""Settings, read once from the environment; every default works on one machine."""

import contextlib
import functools
import hashlib
import os
import re
import secrets
import tempfile
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import URL

PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
MAX_SOCKET_PATH = 100
"""Bytes: `sockaddr_un` holds 108 bytes on Linux and 104 on macOS, including the final NUL."""
DEFAULT_REVIEW_MIX = {"uncertain": 70, "control": 10, "novel": 5, "weak": 10, "box": 5}
"""Faces of each kind in a hundred for review: those the model is least sure of, drawn at random, least
similar to anything labelled, of a class or person that the model is often wrong about, and unlikely boxes.
Uncertain faces replace a kind that has none."""


class Settings(BaseSettings):
    """One field per environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    data: Path = Path("data")
    host: str = "0.0.0.0"  # noqa: S104 - phones on the same network are the point
    port: int = Field(default=8000, ge=1, le=65535)
    base_url: str | None = None
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    webhook_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    trusted_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    tls: Literal["off", "auto"] = "off"
    tls_cert: Path | None = None
    tls_key: Path | None = None
    database_url: str | None = None
    broker_url: str | None = None
    blobs_url: str | None = None
    s3_endpoint: str | None = None
    secret_key: SecretStr | None = None
    classes: Annotated[tuple[str, ...], NoDecode] = ("mask", "nomask")
    backbone_weights: Path | None = None
    cache: Path | None = None
    max_upload_mb: int = Field(default=40, ge=1)
    max_megapixels: int = Field(default=50, ge=1)
    max_clip_mb: int = Field(default=200, ge=1)
    max_import_mb: int = Field(default=4000, ge=1)
    max_clip_seconds: int = Field(default=30, ge=1)
    max_person_photos: int = Field(default=2000, ge=1)
    max_person_mb: int = Field(default=5000, ge=1)
    max_open_uploads: int = Field(default=8, ge=1)
    max_open_mb: int = Field(default=120, ge=1)
    min_free_mb: int | None = Field(default=None, ge=0)
    keep_models: int = Field(default=5, ge=0)
    export_days: int = Field(default=7, ge=1)
    retention_days: int | None = Field(default=None, ge=1)
    retire_on_erasure: bool = False
    second_opinions: float = Field(default=0.05, ge=0, le=1)
    gold_faces: int = Field(default=0, ge=0)
    review_mix: Annotated[dict[str, int], NoDecode] = DEFAULT_REVIEW_MIX
    detectors: Annotated[tuple[str, ...], NoDecode] = ("centerface", "mtcnn")
    worker_idle_minutes: float | None = Field(default=None, gt=0)
    log_level: Literal["debug", "info", "warning", "error"] = "warning"

    @field_validator("trusted_proxies", "webhook_networks", mode="before")
    @classmethod
    def _parse_networks(cls, value: object, info: ValidationInfo) -> object:
        if not isinstance(value, str):
            return value
        try:
            return tuple(ip_network(name.strip()) for name in value.split(",") if name.strip())
        except ValueError as error:
            name = str(info.field_name).upper()
            raise ValueError(f"{name} needs networks, such as 10.0.0.0/8,::1: {error}") from error

    @field_validator("classes", mode="before")
    @classmethod
    def _parse_classes(cls, value: object) -> object:
        if isinstance(value, str):
            value = tuple(name.strip() for name in value.split(",") if name.strip())
        if isinstance(value, tuple) and (len(value) < 2 or len(set(value)) != len(value)):
            raise ValueError("CLASSES needs at least two different names, such as mask,nomask")
        return value

    @field_validator("trusted_hosts", mode="before")
    @classmethod
    def _parse_hosts(cls, value: object) -> object:
        if isinstance(value, str):
            hosts = (name.strip().lower().strip("[]") for name in value.split(","))
            value = tuple(host for host in hosts if host)
        return value

    @field_validator("detectors", mode="before")
    @classmethod
    def _parse_detectors(cls, value: object) -> object:
        if isinstance(value, str):
            value = tuple(name.strip() for name in value.split(",") if name.strip())
        if not value or (isinstance(value, tuple) and len(set(value)) != len(value)):
            raise ValueError("DETECTORS needs at least one name, each once, such as centerface,mtcnn")
        return value

    @field_validator("review_mix", mode="before")
    @classmethod
    def _parse_shares(cls, value: object) -> object:
        if isinstance(value, str):
            pairs = (part.partition("=") for part in value.split(","))
            value = {name.strip(): share for name, _, share in pairs}
        return value

    @field_validator("review_mix")
    @classmethod
    def _check_shares(cls, value: dict[str, int]) -> dict[str, int]:
        kinds, shares = DEFAULT_REVIEW_MIX.keys(), value.values()
        if not value.keys() <= kinds or not any(shares) or min(shares) < 0:
            raise ValueError(
                f"REVIEW_MIX gives shares to {', '.join(kinds)}, such as uncertain=80,control=20"
            )
        return value

    @field_validator("data")
    @classmethod
    def _resolve_path(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @model_validator(mode="after")
    def _check_tls(self) -> "Settings":
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("TLS_CERT and TLS_KEY belong together: set both, or neither")
        return self

    @property
    def serves_tls(self) -> bool:
        """Whether the workbench itself speaks https; a proxy in front of it may do so as well."""
        return self.tls == "auto" or self.tls_cert is not None

    @property
    def run_dir(self) -> Path:
        """Sockets, process ids and logs of the running workbench; it can be deleted when nothing runs."""
        return self.data / "run"

    @property
    def database(self) -> str:
        if self.database_url is not None:
            return self.database_url
        # A folder's name may have characters that mean something in a URL: these are quoted.
        url = URL.create("sqlite", database=str(self.data / "secondlook.db"))
        return url.render_as_string(hide_password=False)

    @property
    def socket(self) -> Path:
        """Where the embedded Valkey listens: in `run_dir`, or in a temporary folder.

        The latter if that path is too long, or has characters that its clients read differently in a URL.
        """
        path = self.run_dir / "valkey.sock"
        if len(os.fsencode(path)) <= MAX_SOCKET_PATH and PLAIN_PATH.fullmatch(str(path)):
            return path
        digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"secondlook-{os.getuid()}-{digest}" / "valkey.sock"

    @property
    def broker(self) -> str:
        return self.broker_url or f"redis+socket://{self.socket}"

    @property
    def blobs(self) -> str:
        return self.blobs_url or (self.data / "blobs").as_uri()

    @property
    def cache_dir(self) -> Path:
        """Files that can be computed again, such as the converted backbone: once per user of this machine.

        In the data folder if the user has no home to write to.
        """
        if self.cache is not None:
            return self.cache
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
        is_ours = os.access(base if base.exists() else base.parent, os.W_OK)
        return base / "second-look" if is_ours else self.data / "cache"

    def signing_key(self) -> str:
        """SECRET_KEY, or a random key that the first start stored in the data folder (mode 0600)."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        path = self.data / "secret_key"
        if not path.exists():
            self.data.mkdir(parents=True, exist_ok=True)
            _create_private(path, secrets.token_urlsafe(48))
        return path.read_text()


def _create_private(path: Path, text: str) -> None:
    """Create `path` with mode 0600 and all of its content at once; the first of several processes wins."""
    handle, draft = tempfile.mkstemp(dir=path.parent)  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)


@functools.cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
