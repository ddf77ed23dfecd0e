import pytest

from backend.feed.zeromq.addresses import parse_address


@pytest.mark.parametrize(
    ("text", "loopback"),
    [
        ("tcp://127.0.0.1:5570", True),
        ("tcp://127.1.2.3:1", True),
        ("tcp://localhost:65535", True),
        ("tcp://[::1]:5570", True),
        ("tcp://*:5570", False),
        ("tcp://0.0.0.0:5570", False),
        ("tcp://[::]:5570", False),
        ("tcp://[::ffff:127.0.0.1]:5570", False),
        ("tcp://localhost.example.org:5570", False),
        ("tcp://daq1:5570", False),
    ],
)
def test_that_only_what_stays_on_this_machine_counts_as_loopback(text, loopback):
    address = parse_address(text)
    assert (address.is_loopback, address.url) == (loopback, text)


@pytest.mark.parametrize(
    "text",
    ["", "127.0.0.1:5570", "tcp://:5570", "tcp://a:0", "tcp://a:65536", "tcp://a", "ipc:///x", "tcp://a b:1",
     "tcp://[::1:5570", "tcp://[zz]:1", "tcp://[1.2]:5", "tcp://a:5570/x", "tcp://user@a:1", "tcp://a:١", "tcp://-a:1"],
)  # fmt: skip
def test_that_anything_else_is_refused_with_what_is_accepted(text):
    with pytest.raises(ValueError, match="tcp://HOST:PORT"):
        parse_address(text)
