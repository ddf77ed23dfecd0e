"""Inputs that nobody meant: what is right, changed a little, much, or joined with what else is right. Seeded."""

from __future__ import annotations

import random
from collections.abc import Sequence

_WORDS = (
    b"0", b"-1", b"2147483648", b"9223372036854775808", b"1e999", b"NaN", b"Infinity", b"9" * 5000, b"null", b"true",
    b"[]", b"{}", b"[" * 3000, b'{"a":' * 3000, b'""', b"\x00", b"\xff\xfe", b"\xed\xa0\x80", "\u202e".encode(),
    "\U0001f600".encode(), b"..", b"../../etc/passwd", b"/" * 300, b"Run", b"_0001", b"-01", b"\r\n", b",", b'"',
    b"\\u0000", b"\\ud800", b"%s%n", b"<!ENTITY a '&a;'>", b"A" * 70_000,
)  # fmt: skip
_LONGEST = 2**20


class Mutator:
    """Draws inputs from seeds; the same number gives the same inputs."""

    def __init__(self, seeds: Sequence[bytes], number: int) -> None:
        self._seeds, self._random = list(seeds), random.Random(number)
        self._ways = (self._flip, self._replace, self._delete, self._insert, self._repeat, self._splice, self._cut)

    def draw(self) -> bytes:
        """The next input: a seed with one to six changes, now and then none or nothing but noise."""
        chance = self._random.random()
        if chance < 0.01:
            return self._random.randbytes(self._random.randrange(400))
        data = self._random.choice(self._seeds)
        for _ in range(0 if chance < 0.02 else self._random.choice((1, 1, 1, 2, 3, 6))):
            data = self._random.choice(self._ways)(data)[:_LONGEST]
        return data

    def _span(self, data: bytes, longest: int) -> tuple[int, int]:
        start = self._random.randrange(len(data) + 1)
        return start, min(len(data), start + self._random.randrange(1, longest))

    def _flip(self, data: bytes) -> bytes:
        if not data:
            return data
        place = self._random.randrange(len(data))
        return data[:place] + bytes([data[place] ^ 1 << self._random.randrange(8)]) + data[place + 1 :]

    def _replace(self, data: bytes) -> bytes:
        start, end = self._span(data, 12)
        return data[:start] + self._random.randbytes(end - start) + data[end:]

    def _delete(self, data: bytes) -> bytes:
        start, end = self._span(data, 40)
        return data[:start] + data[end:]

    def _insert(self, data: bytes) -> bytes:
        start, end = self._span(data, 12)
        return data[:start] + self._random.choice(_WORDS) + data[self._random.choice((start, end)) :]

    def _repeat(self, data: bytes) -> bytes:
        start, end = self._span(data, 40)
        return data[:end] + data[start:end] * self._random.choice((1, 2, 500)) + data[end:]

    def _splice(self, data: bytes) -> bytes:
        other = self._random.choice(self._seeds)
        return data[: self._span(data, 2)[0]] + other[self._span(other, 2)[0] :]

    def _cut(self, data: bytes) -> bytes:
        return data[: self._span(data, 2)[0]]
