"""Messages to and from the worker: what is sent arrives, and rubbish is refused."""

import json
from multiprocessing import Pipe

import numpy as np
import pytest

from backend.inference.reference.wire import ANSWERS, REQUESTS, Explained, Look, Looked, WireError, receive, send


@pytest.fixture
def pipe():
    one, other = Pipe()
    with one, other:
        yield one, other


def test_that_messages_arrive_as_they_were_sent(pipe):
    images = np.random.default_rng(1).integers(0, 256, (2, 5, 7, 3)).astype(np.uint8)
    send(pipe[0], Look(digest="d" * 64, images=images[:, ::-1]))
    found = receive(pipe[1], REQUESTS)
    assert (found.digest, found.images.dtype) == ("d" * 64, np.uint8)
    np.testing.assert_array_equal(found.images, images[:, ::-1])
    for cam in (None, np.ones((2, 3, 3, 4), np.float32)):
        send(
            pipe[1],
            Looked(resident=5, logits=np.zeros((2, 4), np.float32), embedding=np.ones((2, 9), np.float32), cam=cam),
        )
        answer = receive(pipe[0], ANSWERS)
        assert answer.resident == 5
        assert (answer.cam is None) is (cam is None)


def _header(**changes):
    sound = {"kind": "Explained", "plain": {"resident": 1, "layer": "a"}, "arrays": [["evidence", "<f4", [1, 2]]]}
    return json.dumps(sound | changes).encode()


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        ([b"\x80\x04\x95pickle"], "no header"),
        ([b"[]"], "no header|something else"),
        ([_header(kind="Open")], "'Open' is not expected"),
        ([_header(arrays=[["evidence", "|O", [1]]])], "something else"),
        ([_header(arrays=[["evidence", "<f4", [1 << 20, 1 << 20]]])], "not taken"),
        ([_header(arrays=[["evidence", "<f4", [-1, 2]]])], "not taken"),
        ([_header(), bytes(4)], "should have 8 bytes and has 4"),
        ([_header(plain={"resident": -1, "layer": "a"}), bytes(8)], "not as it should be"),
        ([_header(plain={"resident": 1, "layer": "a", "more": 1}), bytes(8)], "not as it should be"),
        ([_header(plain={"resident": 1}), bytes(8)], "not as it should be"),
    ],
)
def test_that_rubbish_is_refused(pipe, frames, said):
    for frame in frames:
        pipe[0].send_bytes(frame)
    with pytest.raises(WireError, match=said):
        receive(pipe[1], ANSWERS)


def test_that_a_frame_longer_than_its_header_says_is_not_read(pipe):
    pipe[0].send_bytes(_header())
    pipe[0].send_bytes(bytes(1 << 16))
    with pytest.raises(OSError, match="bad message length"):
        receive(pipe[1], ANSWERS)


def test_that_the_numbers_arrive_to_the_bit(pipe):
    evidence = np.random.default_rng(2).normal(size=(9, 4)).astype(np.float32)
    send(pipe[0], Explained(resident=0, evidence=evidence, layer="mixed7"))
    np.testing.assert_array_equal(receive(pipe[1], ANSWERS).evidence, evidence)
