"""Telling a video from a photo by its first bytes."""

STILL_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2", b"msf1", b"avif", b"avis"})
"""Brands of photos in the container that MP4 and QuickTime use, too."""
QUICKTIME_ATOMS = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
"""With which a QuickTime file may begin that has no brand."""
TS_PACKET = 188


def container_of(start: bytes) -> str | None:
    """The container of a video that begins so, by its name in FFmpeg; None for anything else."""
    box = start[4:8]
    if (box == b"ftyp" and start[8:12] not in STILL_BRANDS) or box in QUICKTIME_ATOMS:
        return "mov"
    if start.startswith(b"\x1aE\xdf\xa3"):
        return "matroska"
    if start.startswith(b"RIFF") and start[8:12] == b"AVI ":
        return "avi"
    is_stream = len(start) > 2 * TS_PACKET and {start[i * TS_PACKET] for i in range(3)} == {0x47}
    return "mpegts" if is_stream else None
