"""Bytes of an image file to RGB pixels, distrusting everything: size, format, suffix, truncation, bombs. Thread-safe.

Pillow's own limit on pixels is a global setting with a warning that cannot be caught per thread; by opening with the
decoder of the known format, only the limit given here counts.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageFile import ImageFile

from backend.domain.errors import PlotRejectedError
from backend.domain.quarantine import QuarantineReason
from backend.feed.formats import ACCEPTED, HEAD, TAIL, ImageFormat, is_complete, sniff

Rgb = NDArray[np.uint8]

_PNG_SIGNATURE = 8
_PNG_FRAME = 12
_PNG_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"tRNS")
_PNG_HEADER = re.compile(
    rb"\x89PNG\r\n\x1a\n\0\0\0\rIHDR(?P<width>.{4})(?P<height>.{4})(?P<depth>.)(?P<kind>.)\0\0[\0\1]", re.DOTALL
)
_PNG_DEPTHS = {b"\0": (1, 2, 4, 8, 16), b"\2": (8, 16), b"\4": (8, 16), b"\6": (8, 16)}
"""Bits that a kind of pixels may have; indexed colours are left out, which need another look."""


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """The largest image that is decoded, in pixels, and the largest file that is read, in bytes."""

    max_pixels: int = 40_000_000
    max_bytes: int = 64 * 2**20


def decode(data: bytes, suffix: str, limits: ImageLimits) -> Rgb:
    """What `open_picture` opens, as read-only uint8 RGB of shape (height, width, 3)."""
    pixels: Rgb = np.asarray(open_picture(data, suffix, limits))
    pixels.flags.writeable = False
    return pixels


def open_picture(data: bytes, suffix: str, limits: ImageLimits) -> Image.Image:
    """The first frame, decoded, of mode RGB; transparency is laid on white.

    `suffix` with its dot, any case; "" where the bytes have no file name. 16-bit grey keeps its upper 8 bits.
    Raises PlotRejectedError and nothing else. For whoever scales it: from and to an array it is copied each time.
    """
    check_size(len(data), limits)
    known = _identified(data[:HEAD])
    _check_suffix(known, suffix)
    try:
        return _decode(data, known, limits)
    except PlotRejectedError:
        raise
    except Exception as error:  # decoders meet hostile bytes with every kind of exception
        raise _undecodable(data, known, error) from error


def size_of_whole(data: bytes, suffix: str, limits: ImageLimits) -> tuple[int, int] | None:
    """Width and height of an image whose checksums say that it is whole, without decoding it; None where none do.

    That is a PNG from its signature to its end. Raises PlotRejectedError for what `decode` would reject as well.
    """
    check_size(len(data), limits)
    known = _identified(data[:HEAD])
    _check_suffix(known, suffix)
    size = _size_of_png(data) if known.name == "PNG" else None
    if size is not None:
        _check_pixels(size, limits)
    return size


def check_size(size: int, limits: ImageLimits) -> None:
    """Raises PlotRejectedError for a file of `size` bytes that is empty or larger than is read."""
    if size == 0:
        raise PlotRejectedError(QuarantineReason.EMPTY, "The file holds 0 bytes.")
    if size > limits.max_bytes:
        message = f"The file holds {size:,} bytes; at most {limits.max_bytes:,} are read."
        raise PlotRejectedError(QuarantineReason.TOO_LARGE, message)


def _identified(head: bytes) -> ImageFormat:
    known = sniff(head)
    if known is None:
        raise PlotRejectedError(QuarantineReason.NOT_AN_IMAGE, f"The content is none of {ACCEPTED}.")
    return known


def _check_suffix(known: ImageFormat, suffix: str) -> None:
    if suffix and suffix.lower() not in known.suffixes:
        message = f"The content is {known.name}, the suffix is {suffix!r}."
        raise PlotRejectedError(QuarantineReason.WRONG_SUFFIX, message)


def _decode(data: bytes, known: ImageFormat, limits: ImageLimits) -> Image.Image:
    if known.name == "WebP":
        _check_pixels(_webp_canvas(data), limits)
    if known.name == "PNG":
        _check_png(data)
    with known.open(BytesIO(data)) as image:
        _check_pixels(image.size, limits)
        image.load()
        return _to_rgb(image)


def _check_pixels(size: tuple[int, int], limits: ImageLimits) -> None:
    width, height = size
    if width * height > limits.max_pixels:
        message = f"The image has {width:,} × {height:,} pixels; at most {limits.max_pixels:,} are decoded."
        raise PlotRejectedError(QuarantineReason.TOO_LARGE, message)


def _check_png(data: bytes) -> None:
    """Raises ValueError where a checksum is wrong: Pillow does not look, and shows the wrong pixels."""
    at = _PNG_SIGNATURE
    while at + _PNG_FRAME <= len(data):
        end = at + _PNG_FRAME + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            return
        kind = data[at + 4 : at + 8]
        stated = int.from_bytes(data[end - 4 : end], "big")
        if kind in _PNG_CRITICAL and zlib.crc32(memoryview(data)[at + 4 : end - 4]) != stated:
            raise ValueError(f"the checksum of a chunk {kind.decode()} is wrong")
        at = end


def _size_of_png(data: bytes) -> tuple[int, int] | None:
    """From the header of a PNG all of whose chunks are there and sound, with nothing behind its end."""
    header = _PNG_HEADER.match(data)
    if header is None or int.from_bytes(header["depth"], "big") not in _PNG_DEPTHS.get(header["kind"], ()):
        return None
    width, height = int.from_bytes(header["width"], "big"), int.from_bytes(header["height"], "big")
    return (width, height) if min(width, height) > 0 and _is_whole_png(data) else None


def _is_whole_png(data: bytes) -> bool:
    """Whether the chunks follow each other without a gap, each with the right checksum, to the end of the data."""
    at, pixels, view = _PNG_SIGNATURE, False, memoryview(data)
    while at + _PNG_FRAME <= len(data):
        end = at + _PNG_FRAME + int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        if zlib.crc32(view[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            return False
        pixels = pixels or kind == b"IDAT"
        if kind == b"IEND":
            return pixels and end == len(data)
        at = end
    return False


def _webp_canvas(data: bytes) -> tuple[int, int]:
    """Canvas of an extended WebP file: its decoder reserves memory for it before Pillow can tell the size."""
    if data[12:16] != b"VP8X" or len(data) < 30:
        return (1, 1)
    return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")


def _to_rgb(image: ImageFile) -> Image.Image:
    if image.mode.startswith("I"):
        return _deep_grey(image)
    return image if image.mode == "RGB" and "transparency" not in image.info else _flattened(image)


def _flattened(image: Image.Image) -> Image.Image:
    """The image on white. Most plots with an alpha channel are opaque all over, which is quick to see."""
    if image.mode not in ("RGBA", "LA", "PA", "RGBa", "La") and "transparency" not in image.info:
        return image.convert("RGB")
    layered = image if image.mode == "RGBA" else image.convert("RGBA")
    alpha = layered.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return layered.convert("RGB")
    ground = Image.new("RGB", image.size, "white")
    ground.paste(layered, mask=alpha)
    return ground


def _deep_grey(image: Image.Image) -> Image.Image:
    return Image.fromarray((np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)).convert("RGB")


def _undecodable(data: bytes, known: ImageFormat, error: Exception) -> PlotRejectedError:
    if is_complete(data[:HEAD], data[-TAIL:], len(data)):
        message = f"The file begins and ends like {known.name} but is damaged: {error or type(error).__name__}."
        return PlotRejectedError(QuarantineReason.NOT_AN_IMAGE, message)
    return PlotRejectedError(
        QuarantineReason.TRUNCATED, f"The {known.name} ends after {len(data):,} bytes, unfinished."
    )
