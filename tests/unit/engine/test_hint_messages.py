"""What is no hint is refused with one kind of error, whatever it is."""

import pytest

from backend.engine.hint_messages import FORMAT, read_hint


def test_that_a_hint_is_understood() -> None:
    hint = read_hint([FORMAT, b'{"life": "a", "address": "tcp://h:1", "seq": 3, "changes": [[1, [7]], [4, []]]}'])
    assert (hint.life, hint.seq, hint.kinds) == ("a", 3, {1, 4})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b'{"life": "a", "address": "", "seq": Infinity, "changes": []}',
        b'{"life": "a", "address": "", "seq": 1e999, "changes": []}',
        b'{"life": "a", "address": "", "seq": true, "changes": []}',
        b'{"life": "a", "address": "", "seq": 1, "changes": [[Infinity]]}',
        b'{"life": "a", "address": "", "seq": 1, "changes": [[]]}',
        b'{"life": 1, "address": "", "seq": 1, "changes": []}',
        b'{"address": "", "seq": 1, "changes": []}',
    ],
)
def test_that_what_is_no_hint_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_hint([FORMAT, body])


def test_that_other_frames_are_refused() -> None:
    for frames in ([], [FORMAT], [b"other", b"{}"], [FORMAT, b"{}", b""]):
        with pytest.raises(ValueError, match="two frames"):
            read_hint(frames)
