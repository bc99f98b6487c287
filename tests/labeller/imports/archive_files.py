"""Archives for tests, harmless and hostile ones."""

import io
import stat
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path


def make_zip(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return path


def make_zip_with_link(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mask/ok.txt", b"ok")
        link = zipfile.ZipInfo("mask/link.jpg")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, b"/etc/passwd")
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, size
    return info


def make_tar(path: Path, members: Mapping[str, bytes] | list[tarfile.TarInfo], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        if isinstance(members, list):
            for info in members:
                archive.addfile(info, io.BytesIO(bytes(info.size)))
        else:
            for name, content in members.items():
                archive.addfile(member(name, size=len(content)), io.BytesIO(content))
    return path
