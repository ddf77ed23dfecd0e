"""SHA-crypt with SHA-256, by its public specification of 2007: Python's own `crypt` is gone with 3.13."""

from __future__ import annotations

import hashlib

_LETTERS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def sha256_crypt(password: bytes, salt: bytes, rounds: int) -> str:
    """The checksum alone, 43 letters, without "$5$", rounds and salt."""
    size = len(password)
    other = hashlib.sha256(password + salt + password).digest()
    first = hashlib.sha256(password + salt + _repeated(other, size))
    bits = size
    while bits:
        first.update(other if bits & 1 else password)
        bits >>= 1
    digest = first.digest()
    many_p = _repeated(hashlib.sha256(password * size).digest(), size)
    many_s = _repeated(hashlib.sha256(salt * (16 + digest[0])).digest(), len(salt))
    for number in range(rounds):
        step = hashlib.sha256(many_p if number & 1 else digest)
        step.update(many_s if number % 3 else b"")
        step.update(many_p if number % 7 else b"")
        step.update(digest if number & 1 else many_p)
        digest = step.digest()
    return _base64(digest)


def _repeated(block: bytes, size: int) -> bytes:
    return (block * (size // len(block) + 1))[:size] if block else b""


def _base64(digest: bytes) -> str:
    letters = []
    a, b, c = 0, 10, 20
    for _ in range(10):
        letters.append(_group(digest[a] << 16 | digest[b] << 8 | digest[c], 4))
        a, b, c = c + 1, a + 1, b + 1
    letters.append(_group(digest[31] << 8 | digest[30], 3))
    return "".join(letters)


def _group(value: int, letters: int) -> str:
    return "".join(_LETTERS[value >> 6 * place & 63] for place in range(letters))
