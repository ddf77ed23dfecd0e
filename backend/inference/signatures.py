"""Who vouches for a bundle: an Ed25519 signature that travels behind the zip and is no part of it.

It is the zip's comment, so that a signed file is still one zip that any program opens. Without it the bytes are exactly
those that were packed: the digest is that of the bundle, signed or not. The same bundle may be signed by anybody.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from backend.domain.errors import BundleError, SigningKeyError

_CONTEXT = b"hydra-gui model bundle 1\0"
"""Signed with the digest, so that no signature made for something else is taken for one of a bundle."""

_MARK = b"hydra-gui signature 1 "
_COMMENT = re.compile(re.escape(_MARK) + rb"(ed25519:[A-Za-z0-9+/]{43}=) ([A-Za-z0-9+/]{86}==)")
_COMMENT_BYTES = len(_MARK) + len("ed25519:") + 44 + 1 + 88
_END, _END_BYTES = b"PK\5\6", 22
_OTHERS_MAY = 0o077


@dataclass(frozen=True, slots=True)
class Signature:
    """`key` is the public key as text, "ed25519:" and base64; `value` are 64 bytes."""

    key: str
    value: bytes

    def verify(self, zip_bytes: bytes) -> None:
        """BundleError unless whoever holds the key signed exactly these bytes."""
        try:
            _public(self.key).verify(self.value, _message(zip_bytes))
        except (InvalidSignature, ValueError) as error:
            raise BundleError(
                f"The bundle says that {self.key} signed it, and the signature does not fit: it was changed since, or "
                "signed by somebody else. The model is not used; ask whoever gave it to you for another copy."
            ) from error


def sign(zip_bytes: bytes, key: Ed25519PrivateKey) -> Signature:
    """The signature of a packed bundle."""
    return Signature(public_text(key), key.sign(_message(zip_bytes)))


def with_signature(zip_bytes: bytes, signature: Signature) -> bytes:
    """A packed bundle with its signature behind it."""
    comment = _MARK + signature.key.encode() + b" " + base64.b64encode(signature.value)
    return zip_bytes[:-2] + len(comment).to_bytes(2, "little") + comment


def split_signature(data: bytes) -> tuple[bytes, Signature | None]:
    """Inverse of `with_signature`: the packed bundle, and the signature if there is one. Nothing is verified yet."""
    found = _COMMENT.fullmatch(data[-_COMMENT_BYTES:])
    start = len(data) - _COMMENT_BYTES - _END_BYTES
    length = _COMMENT_BYTES.to_bytes(2, "little")
    if found is None or start < 0 or data[start : start + 4] != _END or data[-_COMMENT_BYTES - 2 :][:2] != length:
        return data, None
    bare, signature = data[: -_COMMENT_BYTES - 2] + b"\0\0", Signature(found[1].decode(), base64.b64decode(found[2]))
    # Base64 has several spellings of the same bytes; only the one that is written counts.
    return (bare, signature) if with_signature(bare, signature) == data else (data, None)


def make_key(file: Path) -> str:
    """Write a new private key to `file`, readable by its owner only; returns the public key. SigningKeyError."""
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(text)
    except FileExistsError as error:
        raise SigningKeyError(f"{file} exists already and is left as it is. Name a new file for the key.") from error
    except OSError as error:
        raise SigningKeyError(f"The key cannot be written to {file} ({error.strerror}). No key was made.") from error
    return public_text(key)


def read_key(file: Path) -> Ed25519PrivateKey:
    """The private key in `file`. SigningKeyError where it is none, or where others may read it."""
    advice = "Nothing was signed. Make a key with: hydra-gui models keygen FILE"
    try:
        if file.stat().st_mode & _OTHERS_MAY:
            raise SigningKeyError(f"Others may read the signing key {file}. Nothing was signed; run: chmod 600 {file}")
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except OSError as error:
        raise SigningKeyError(f"The signing key {file} cannot be read ({error.strerror}). {advice}") from error
    except (ValueError, TypeError) as error:
        raise SigningKeyError(f"{file} holds no private key that can be used. {advice}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyError(f"{file} holds a key of another kind than Ed25519. {advice}")
    return key


def public_text(key: Ed25519PrivateKey) -> str:
    """The public half of a private key as text."""
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return "ed25519:" + base64.b64encode(raw).decode()


def _public(text: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text.removeprefix("ed25519:")))


def _message(zip_bytes: bytes) -> bytes:
    return _CONTEXT + hashlib.sha256(zip_bytes).digest()
