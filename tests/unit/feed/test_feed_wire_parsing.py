"""The wire format: what is written is read back, and nothing else is let through."""

import dataclasses
import gc
import json
import random
import time

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.feed.naming import MAX_NUMBER
from backend.feed.zeromq import protocol
from backend.feed.zeromq.parsing import MessageError, parse_reply, parse_request
from backend.feed.zeromq.protocol import (
    Acknowledged,
    Bye,
    Hello,
    PlotMessage,
    Refusal,
    Refused,
    Unsendable,
    Welcome,
    encode_reply,
    encode_request,
)

MOST = 1000
PLOT = PlotMessage("1", "daq1", b"bytes", "CDC_occupancy", 42, 3, "RunPeriod-2026-11", "Run42/x.png", 5, 6, "0" * 64)

ids = st.text("abcXYZ019._:-", min_size=1, max_size=protocol.MAX_ID)
names = st.text(min_size=1, max_size=protocol.MAX_SENDER).filter(
    lambda text: text.isprintable() and text == text.strip()
)
paths = st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=protocol.MAX_PATH)
moments = st.none() | st.integers(0, protocol.MAX_MOMENT_US)
numbers = st.integers(0, MAX_NUMBER)
words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=200)

plots = st.builds(
    PlotMessage,
    id=ids,
    sender=names,
    data=st.binary(max_size=MOST),
    plot_type=paths,
    run=numbers,
    chunk=st.none() | numbers,
    path=st.just("") | paths,
    taken_us=moments,
    waited_ms=st.integers(0, protocol.MAX_WAITED_MS),
    sha256=st.just("") | st.text("0123456789abcdef", min_size=64, max_size=64),
)
requests = st.one_of(
    plots,
    st.builds(Hello, sender=names, waiting=st.integers(0, 2**31 - 1)),
    st.builds(Bye, sender=names),
    st.builds(
        Unsendable,
        id=ids,
        sender=names,
        path=paths,
        reason=st.sampled_from(Refusal),
        message=words,
        size=st.integers(0, protocol.MAX_SIZE),
        taken_us=moments,
    ),
)
windows = st.integers(0, 2**31 - 1)
replies = st.one_of(
    st.builds(
        Welcome, station=names, window=windows, window_bytes=windows, max_bytes=windows, trouble=st.just("") | words
    ),
    st.builds(Acknowledged, id=ids, new=st.booleans(), window=windows),
    st.builds(
        Refused, id=st.none() | ids, reason=st.sampled_from(Refusal), message=st.just("") | words, window=windows
    ),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


def header(**changes: object) -> bytes:
    fields = json.loads(encode_request(PLOT)[0]) | changes
    return json.dumps({name: value for name, value in fields.items() if value is not ...}).encode()


def refused(*frames: bytes) -> MessageError:
    with pytest.raises(MessageError) as caught:
        parse_request(frames)
    return caught.value


@settings(max_examples=150, deadline=None)
@given(requests)
def test_that_every_request_is_read_back_as_it_was_written(request_):
    assert parse_request(encode_request(request_)) == request_


@settings(max_examples=100, deadline=None)
@given(replies)
def test_that_every_reply_is_read_back_as_it_was_written(reply):
    assert parse_reply([encode_reply(reply)]) == reply


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=4))
def test_that_arbitrary_bytes_are_refused_and_nothing_else_happens(frames):
    for parse in (lambda: parse_request(frames), lambda: parse_reply(frames)):
        with pytest.raises(MessageError):
            parse()


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*json.loads(header()), "x", "reason"]), json_values, max_size=5))
def test_that_any_json_is_understood_or_refused(changes):
    try:
        message = parse_request([header(**changes), b"bytes"])
    except MessageError:
        return
    assert isinstance(message, PlotMessage)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"hydra_feed": 2}, "version 1"),
        ({"hydra_feed": True}, "version 1"),
        ({"hydra_feed": 1.0}, "version 1"),
        ({"hydra_feed": ...}, "version 1"),
        ({"kind": "plots"}, "kind"),
        ({"kind": "welcome"}, "receivers only"),
        ({"kind": ["plot"]}, "kind"),
        ({"id": "a b"}, "id must be"),
        ({"id": "x" * 65}, "id must be"),
        ({"sender": ""}, "sender"),
        ({"sender": " daq"}, "invisible"),
        ({"sender": "da\nq"}, "invisible"),
        ({"run": -1}, "run must be"),
        ({"run": 42.0}, "run must be"),
        ({"run": True}, "run must be"),
        ({"run": 2**31}, "run must be"),
        ({"run": ...}, "together"),
        ({"plot_type": ..., "run": ...}, "chunk and run_period"),
        ({"plot_type": ..., "run": ..., "chunk": ..., "run_period": ..., "path": ...}, "neither"),
        ({"taken_us": 2**53}, "taken_us"),
        ({"waited_ms": -5}, "waited_ms"),
        ({"sha256": "0" * 63}, "sha256"),
        ({"sha256": "A" * 64}, "sha256"),
        ({"path": "a\0b"}, "path"),
        ({"pah": "a"}, "'pah' is unknown"),
    ],
)
def test_that_a_header_that_is_not_of_the_protocol_is_refused_with_the_reason(changes, word):
    error = refused(header(**changes), b"bytes")
    assert word in str(error)
    assert error.id == (None if "id" in changes else "1")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b'"plot"',
        b"{",
        b'{"hydra_feed":1,"hydra_feed":1,"kind":"hello","sender":"x"}',
        b'{"hydra_feed":1,"kind":"hello","sender":"x","waiting":NaN}',
        b'{"hydra_feed":1,"kind":"hello","sender":"\xff"}',
        b"[" * 16_000,
        b'{"hydra_feed":' + b"9" * 16_000 + b"}",
        b" " * (protocol.MAX_HEADER_BYTES + 1),
    ],
)
def test_that_what_is_no_strict_json_is_refused(text):
    assert refused(text).refusal in (Refusal.BAD_MESSAGE, Refusal.VERSION)


def test_that_the_number_of_frames_must_be_right():
    assert "2 frames" in str(refused(header()))
    assert "2 frames" in str(refused(header(), b"", b""))
    assert "1 frames" in str(refused(encode_request(Hello("daq1"))[0], b"image"))


def test_that_a_path_of_any_bytes_travels():
    named = dataclasses.replace(PLOT, path="Run42/\udcff\udcfe.png")
    assert parse_request(encode_request(named)) == named


def mutated(rng: random.Random, frames: list[bytes]) -> list[bytes]:
    """Damage as networks, bugs and enemies do it."""
    frame = bytearray(frames[0])
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(frame) + 1)
        match rng.randrange(5):
            case 0 if frame:
                frame[at % len(frame)] = rng.randrange(256)
            case 1:
                frame[at:at] = rng.randbytes(rng.randrange(8))
            case 2:
                del frame[at : at + rng.randrange(12)]
            case 3:
                frame[at:at] = rng.choice([b'"', b"{", b"[", b"\\u", b"null", b"1e999", b",", b'"id":', b"\xf0\x9f"])
            case _:
                other = rng.randrange(len(frame) + 1)
                frame[at:at] = frame[min(at, other) : max(at, other)][:400]
    rest = [rng.randbytes(rng.randrange(40)) for _ in frames[1:]]
    return [bytes(frame), *rest][: rng.choice([1, 2, 2, 2, 3])]


@pytest.mark.soak
def test_that_a_million_damaged_messages_neither_crash_nor_hang_nor_leave_anything_behind():
    rng = random.Random(4)
    seeds = [encode_request(one) for one in (PLOT, Hello("daq1", 3), Unsendable("1", "d", "p", Refusal.EMPTY, "m", 3))]
    seeds += [[encode_reply(one)] for one in (Welcome("h", 1, 2, 3, "t"), Refused(None, Refusal.BUSY, "m", 1))]
    outcomes, slowest, before = [0, 0], 0.0, 0
    for number in range(1_000_000):
        frames = mutated(rng, rng.choice(seeds)) if number % 4 else [rng.randbytes(rng.randrange(200))]
        start = time.thread_time()
        try:
            parse_request(frames) if number % 2 else parse_reply(frames)
            outcomes[0] += 1
        except MessageError:
            outcomes[1] += 1
        slowest = max(slowest, time.thread_time() - start)
        if number == 100_000:
            gc.collect()
            before = psutil.Process().memory_info().rss
    gc.collect()
    assert sum(outcomes) == 1_000_000
    assert outcomes[0] > 1000  # some damage does no harm, or this would test nothing but noise
    assert slowest < 1.0
    assert psutil.Process().memory_info().rss - before < 20 * 2**20
