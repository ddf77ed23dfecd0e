"""Signatures: behind the bundle and no part of it, and only the right key on the right bytes counts."""

import base64
import hashlib
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.domain.errors import BundleError, SigningKeyError
from backend.inference.bundles import pack as packed_bytes
from backend.inference.bundles import seal, unpack
from backend.inference.signatures import (
    Signature,
    make_key,
    public_text,
    read_key,
    sign,
    split_signature,
    with_signature,
)
from tests.fakes.bundles import facts, network, save_network


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("made")
    save_network(folder, network(facts()))
    return packed_bytes(seal(folder, facts()).path)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    make_key(tmp_path / "signing.pem")
    return tmp_path / "signing.pem"


def test_that_a_signed_bundle_is_the_same_bundle_with_the_same_digest(packed: bytes, key_file: Path, tmp_path: Path):
    signature = sign(packed, read_key(key_file))
    file = tmp_path / "signed.zip"
    file.write_bytes(with_signature(packed, signature))
    bare, found = split_signature(file.read_bytes())
    assert (bare, found) == (packed, signature)
    signature.verify(bare)
    assert unpack(bare, tmp_path / "in").digest == hashlib.sha256(packed).hexdigest()
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert archive.comment.startswith(b"hydra-gui signature 1 ed25519:")


def test_that_what_is_not_signed_stays_as_it_is(packed: bytes):
    for data in (packed, packed[:-2] + b"\4\0text", b"", b"x", b"\0" * 1000):
        assert split_signature(data) == (data, None)


def test_that_a_signature_in_front_of_which_no_zip_ends_is_none(packed: bytes, key_file: Path):
    signed = with_signature(packed, sign(packed, read_key(key_file)))
    comment = signed[len(packed) :]
    for data in (comment, b"PK\5\6" + comment, packed + comment, signed + b"x", signed[1:-1]):
        assert split_signature(data)[1] is None


def test_that_changed_bytes_or_another_key_do_not_verify(packed: bytes, key_file: Path, tmp_path: Path):
    signature = sign(packed, read_key(key_file))
    other = make_key(tmp_path / "other.pem")
    for wrong, data in (
        (signature, packed[:-1] + b"\1"),
        (Signature(other, signature.value), packed),
        (Signature(signature.key, bytes(64)), packed),
        (Signature("ed25519:" + base64.b64encode(b"\xff" * 32).decode(), signature.value), packed),
    ):
        with pytest.raises(BundleError, match="the signature does not fit"):
            wrong.verify(data)


def test_that_a_signature_over_the_bare_digest_is_not_one_of_a_bundle(packed: bytes, key_file: Path):
    key = read_key(key_file)
    for message in (packed, hashlib.sha256(packed).digest()):
        with pytest.raises(BundleError):
            Signature(public_text(key), key.sign(message)).verify(packed)


def taken_in(signed: bytes, into: Path) -> None:
    bare, signature = split_signature(signed)
    if signature is not None:
        signature.verify(bare)
    unpack(bare, into)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_that_whatever_is_done_to_a_signed_file_it_is_refused(packed: bytes, key_file: Path, tmp_path: Path, data):
    signed = bytearray(with_signature(packed, sign(packed, read_key(key_file))))
    whole = bytes(signed)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(len(signed) - 400, len(signed) - 1) | st.integers(0, len(signed) - 1))
        signed[place] = data.draw(st.integers(0, 255))
    if bytes(signed) == whole:
        return
    with pytest.raises(BundleError):
        taken_in(bytes(signed), tmp_path / "in")
    assert not (tmp_path / "in").exists()


def test_that_only_its_owner_may_read_a_new_key(tmp_path: Path):
    public = make_key(tmp_path / "signing.pem")
    assert (tmp_path / "signing.pem").stat().st_mode & 0o777 == 0o600
    assert public == public_text(read_key(tmp_path / "signing.pem"))
    assert public not in (tmp_path / "signing.pem").read_text()


def test_that_a_key_never_takes_the_place_of_a_file(key_file: Path, tmp_path: Path):
    before = key_file.read_bytes()
    with pytest.raises(SigningKeyError, match="exists already"):
        make_key(key_file)
    assert key_file.read_bytes() == before
    with pytest.raises(SigningKeyError, match="cannot be written"):
        make_key(tmp_path / "nowhere" / "signing.pem")


def test_that_a_key_that_others_may_read_does_not_sign(key_file: Path):
    key_file.chmod(0o640)
    with pytest.raises(SigningKeyError, match="chmod 600"):
        read_key(key_file)


def test_that_what_is_no_signing_key_is_told(tmp_path: Path):
    elliptic = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for content, said in ((b"text", "no private key"), (elliptic, "another kind"), (None, "cannot be read")):
        file = tmp_path / "key.pem"
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_bytes(content)
            file.chmod(0o600)
        with pytest.raises(SigningKeyError, match=said):
            read_key(file)
