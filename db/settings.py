"""Settings, read once from the environment; every default works on one machine."""

import contextlib
import functools
import hashlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

# sockaddr_un holds 108 bytes on Linux and 104 on macOS, the closing NUL included.
LONGEST_SOCKET_PATH = 100


MIX = {"uncertain": 70, "control": 10, "novel": 5, "weak": 10, "box": 5}
"""Of a hundred faces in review: those the model is least sure of, drawn at random, least like anything
labelled, of a weak class or person, doubtful boxes. Where a kind has none, uncertain ones take its place."""


class Settings(BaseSettings):
    """One field per environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    data: Path = Path("data")
    host: str = "0.0.0.0"  # noqa: S104 - phones on the same network are the point
    port: int = Field(default=8000, ge=1, le=65535)
    base_url: str | None = None
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
    retention_days: int | None = Field(default=None, ge=1)
    retire_on_erasure: bool = False
    second_opinions: float = Field(default=0.05, ge=0, le=1)
    gold_faces: int = Field(default=0, ge=0)
    review_mix: Annotated[dict[str, int], NoDecode] = MIX
    log_level: Literal["debug", "info", "warning", "error"] = "warning"

    @field_validator("classes", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            value = tuple(name.strip() for name in value.split(",") if name.strip())
        if isinstance(value, tuple) and (len(value) < 2 or len(set(value)) != len(value)):
            raise ValueError("CLASSES needs at least two different names, such as mask,nomask")
        return value

    @field_validator("review_mix", mode="before")
    @classmethod
    def _shares(cls, value: object) -> object:
        if isinstance(value, str):
            value = {
                name.strip(): share for name, _, share in (one.partition("=") for one in value.split(","))
            }
        return value

    @field_validator("review_mix")
    @classmethod
    def _known_shares(cls, value: dict[str, int]) -> dict[str, int]:
        if not set(value) <= set(MIX) or min(value.values(), default=-1) < 0 or not sum(value.values()):
            raise ValueError(f"REVIEW_MIX gives shares to {', '.join(MIX)}, such as uncertain=80,control=20")
        return value

    @field_validator("data")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @property
    def run_dir(self) -> Path:
        """Sockets, process ids and logs of the running workbench; nothing in it outlives it."""
        return self.data / "run"

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data / 'secondlook.db'}"

    @property
    def socket(self) -> Path:
        """Where the embedded Valkey listens; beside the data unless that path is too long."""
        path = self.run_dir / "valkey.sock"
        if len(str(path)) <= LONGEST_SOCKET_PATH:
            return path
        digest = hashlib.sha256(str(path).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"secondlook-{os.getuid()}-{digest}" / "valkey.sock"

    @property
    def broker(self) -> str:
        return self.broker_url or f"redis+socket://{self.socket}"

    @property
    def blobs(self) -> str:
        return self.blobs_url or (self.data / "blobs").as_uri()

    @property
    def cache_dir(self) -> Path:
        """What can be made again at any time: the converted backbone."""
        return self.cache or self.data / "cache"

    def signing_key(self) -> str:
        """SECRET_KEY, or a random one kept in the data folder since its first start (0600)."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        path = self.data / "secret_key"
        if not path.exists():
            self.data.mkdir(parents=True, exist_ok=True)
            _write_once(path, secrets.token_urlsafe(48))
        return path.read_text()


def _write_once(path: Path, text: str) -> None:
    """Create `path` whole and private; of several processes that try, the first wins."""
    handle, draft = tempfile.mkstemp(dir=path.parent)  # mkstemp makes it 0600
    with os.fdopen(handle, "w") as file:
        file.write(text)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    os.unlink(draft)


@functools.cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
