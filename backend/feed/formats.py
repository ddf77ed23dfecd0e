"""The image formats a plot may come in: how to know one by its content and see that it is whole. No input or output.

Content decides, never the suffix. End markers let a plot that was renamed into place be taken at once, without
waiting for its size to settle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

HEAD = 16
"""Bytes from the beginning that `sniff` and `is_complete` need."""

TAIL = 12
"""Bytes from the end that `is_complete` needs."""

_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"

Opener = Callable[..., ImageFile]
Complete = Callable[[bytes, bytes, int], bool]


@dataclass(frozen=True, slots=True)
class ImageFormat:
    """One format. `complete(head, tail, size)` says whether the last byte of a file is there.

    `open` is the decoder of this format alone: no other of Pillow's fifty is ever given foreign bytes.
    """

    name: str
    suffixes: tuple[str, ...]
    magic: Callable[[bytes], bool]
    complete: Complete
    open: Opener


def _little_endian_size(head: bytes, first: int) -> int:
    return int.from_bytes(head[first : first + 4], "little")


FORMATS: tuple[ImageFormat, ...] = (
    ImageFormat(
        "PNG",
        (".png", ".apng"),
        lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"),
        lambda head, tail, size: tail.endswith(_PNG_END),
        PngImageFile,
    ),
    ImageFormat(
        "JPEG",
        (".jpg", ".jpeg", ".jpe", ".jfif"),
        lambda head: head.startswith(b"\xff\xd8\xff"),
        lambda head, tail, size: tail.endswith(b"\xff\xd9"),
        JpegImageFile,
    ),
    ImageFormat(
        "GIF",
        (".gif",),
        lambda head: head.startswith((b"GIF87a", b"GIF89a")),
        # The trailer alone is one byte; together with the block terminator before it chance rarely makes it.
        lambda head, tail, size: tail.endswith(b"\0;"),
        GifImageFile,
    ),
    ImageFormat(
        "BMP",
        (".bmp", ".dib"),
        # Two letters are too little to go by: the four reserved bytes are zero in every bitmap.
        lambda head: head.startswith(b"BM") and head[6:10] == b"\0\0\0\0",
        lambda head, tail, size: 0 < _little_endian_size(head, 2) <= size,
        BmpImageFile,
    ),
    ImageFormat(
        "WebP",
        (".webp",),
        lambda head: head.startswith(b"RIFF") and head[8:12] == b"WEBP",
        lambda head, tail, size: _little_endian_size(head, 4) + 8 <= size,
        WebPImageFile,
    ),
)

ACCEPTED = ", ".join(known.name for known in FORMATS)


def sniff(head: bytes) -> ImageFormat | None:
    """The format whose signature stands at the beginning of the file, or None."""
    return next((known for known in FORMATS if known.magic(head)), None)


def is_complete(head: bytes, tail: bytes, size: int) -> bool:
    """Whether these are beginning and end of a whole image.

    False may also mean that it cannot be told: some writers leave bytes after the end. Such a file is taken when its
    size has settled.
    """
    known = sniff(head)
    return known is not None and known.complete(head, tail, size)
