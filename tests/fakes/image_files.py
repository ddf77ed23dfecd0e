"""Image files as senders make them, good and bad, in memory."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image, ImageDraw

SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "GIF": ".gif", "BMP": ".bmp", "WEBP": ".webp"}


def drawn(size=(80, 60), mode="RGB", seed=0):
    """A small plot: frame and bars, different for every seed."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((2, 2, size[0] - 3, size[1] - 3), outline="black")
    for x in range(6, size[0] - 6, 4):
        height = (seed * 7919 + x * 104729) % (size[1] - 10)
        draw.rectangle((x, size[1] - 4 - height, x + 2, size[1] - 4), fill=(30, 60, 160 + seed % 90))
    return image if mode == "RGB" else image.convert(mode)


def encoded(image_format="PNG", size=(80, 60), mode="RGB", seed=0, **options):
    """The same as the bytes of a file."""
    return saved(drawn(size, mode, seed), image_format, **options)


def saved(image, image_format="PNG", **options):
    """The bytes of a file of this image."""
    buffer = BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def png_chunk(kind, data):
    """One chunk of a PNG, with its checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(width=50_000, height=50_000):
    """A few kilobytes that ask for gigabytes of pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")


def gif_bomb(width=60_000, height=60_000):
    """A GIF of 40 bytes whose screen has billions of pixels."""
    size = struct.pack("<HH", width, height)
    palette = b"\0\0\0\xff\xff\xff"
    return b"GIF89a" + size + b"\x80\0\0" + palette + b"\x2c\0\0\0\0" + size + b"\0\x02\x02\x4c\x01\0;"


def webp_bomb(side=16_383):
    """An extended WebP that declares the largest canvas."""
    extent = (side - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + (10).to_bytes(4, "little") + b"\x02\0\0\0" + extent * 2 + b"\0" * 70
    return b"RIFF" + len(body).to_bytes(4, "little") + body
