import stat

import pytest
import zmq.auth

from backend.domain.errors import FeedSetupError
from backend.feed.zeromq.keys import AllowedKeys, make_keys, read_pair, read_public


def test_that_keys_are_made_for_their_owner_only_and_read_by_other_tools_too(tmp_path):
    private, public, text = make_keys(tmp_path / "hall-d")
    assert (private.name, public.name) == ("hall-d.key_secret", "hall-d.key")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    pair = read_pair(private)
    assert zmq.auth.load_certificate(private) == (pair.public.encode(), pair.secret.encode())
    assert zmq.auth.load_certificate(public) == (text.encode(), None)
    assert read_public(str(public)) == read_public(text) == pair.public == text
    assert pair.secret not in repr(pair)
    assert pair.secret not in public.read_text()


def test_that_keys_made_by_other_tools_are_read(tmp_path):
    zmq.auth.create_certificates(tmp_path, "theirs")
    (tmp_path / "theirs.key_secret").chmod(0o600)
    assert read_pair(tmp_path / "theirs.key_secret").public == read_public(str(tmp_path / "theirs.key"))


@pytest.mark.parametrize("which", [".key", ".key_secret"])
def test_that_a_key_is_never_overwritten(tmp_path, which):
    (tmp_path / f"mine{which}").write_text("precious")
    with pytest.raises(FeedSetupError, match="not overwritten"):
        make_keys(tmp_path / "mine")
    assert (tmp_path / f"mine{which}").read_text() == "precious"
    assert len(list(tmp_path.iterdir())) == 1


def test_that_a_private_key_that_others_may_read_is_not_used(tmp_path):
    private, _, _ = make_keys(tmp_path / "k")
    private.chmod(0o640)
    with pytest.raises(FeedSetupError, match="chmod 600"):
        read_pair(private)


def test_that_a_missing_key_says_how_to_make_one(tmp_path):
    with pytest.raises(FeedSetupError, match="hydra-gui feed keygen"):
        read_pair(tmp_path / "none")
    _, public, _ = make_keys(tmp_path / "k")
    public.chmod(0o600)
    with pytest.raises(FeedSetupError, match="no private key"):
        read_pair(public)


def test_that_keys_may_be_added_and_taken_away_while_it_runs(tmp_path):
    allowed = AllowedKeys(tmp_path)
    _, public, text = make_keys(tmp_path / "daq1")
    assert allowed.callback("feed", text.encode())
    (tmp_path / "broken.key").write_bytes(b"\xff\0 no key")
    assert allowed.callback("feed", text.encode())
    public.unlink()
    assert not allowed.callback("feed", text.encode())


def test_that_a_folder_that_is_not_there_lets_nobody_in(tmp_path):
    assert not AllowedKeys(tmp_path / "none").callback("feed", b"x" * 40)
