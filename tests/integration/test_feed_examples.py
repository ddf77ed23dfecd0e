"""The examples of docs/feed.md do what the page says: they are run as they stand there."""

import asyncio
import re
import shutil
import sys
from pathlib import Path

import pytest

from backend.feed.zeromq import protocol
from backend.feed.zeromq.protocol import Kind, Refusal
from tests.fakes.image_files import encoded
from tests.fakes.receiving import TakesIn

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
PAGE = EXAMPLES.parent / "feed.md"
PYTHON = [sys.executable, str(EXAMPLES / "producer.py")]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    if shutil.which("g++") is None or not Path("/usr/include/zmq.h").exists():
        pytest.skip("g++ or the headers of libzmq are not installed (apt-get install g++ libzmq3-dev)")
    import subprocess

    program = tmp_path_factory.mktemp("example") / "producer"
    strict = ["-std=c++17", "-Wall", "-Wextra", "-Werror"]
    subprocess.run(["g++", *strict, EXAMPLES / "producer.cpp", "-lzmq", "-o", program], check=True, timeout=120)
    return [str(program)]


async def run(command, hall, *files):
    arguments = [*command, f"tcp://127.0.0.1:{hall.port}", "42", "CDC_occupancy", *map(str, files)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*arguments, stdout=pipe, stderr=pipe)
    async with asyncio.timeout(60):
        said, complaint = await process.communicate()
    return process.returncode, said.decode() + complaint.decode()


async def check_example(command, tmp_path):
    files = [tmp_path / f"{number}.png" for number in range(3)]
    for number, file in enumerate(files):
        file.write_bytes(encoded(seed=number))
    async with TakesIn() as hall:
        code, said = await run(command, hall, *files)
        assert (code, said.count(": stored")) == (0, 3)
        assert set(hall.stored) == {file.read_bytes() for file in files}
        hall.refuse = lambda message: Refusal.NOT_AN_IMAGE
        code, said = await run(command, hall, files[0])
        assert code == 1
        assert "not_an_image" in said


async def test_that_the_python_example_sends_plots_and_hears_of_refusals(tmp_path):
    await check_example(PYTHON, tmp_path)


async def test_that_the_c_plus_plus_example_compiles_without_a_warning_and_does_the_same(tmp_path, compiled):
    await check_example(compiled, tmp_path)


async def test_that_the_python_example_waits_while_the_receiver_is_busy(tmp_path):
    (tmp_path / "a.png").write_bytes(encoded())
    answers = [Refusal.BUSY]
    async with TakesIn() as hall:
        hall.refuse = lambda message: answers.pop() if answers else None
        code, said = await run(PYTHON, hall, tmp_path / "a.png")
    assert (code, hall.offers, said.count(": stored")) == (0, 2, 1)


def test_that_the_page_names_every_word_of_the_protocol():
    page = PAGE.read_text()
    words = {kind.value for kind in Kind} | {refusal.value for refusal in Refusal}
    words |= {"hydra_feed", "kind", *protocol.plot_fields(protocol.PlotMessage("1", "x", b""))}
    words |= {"waiting", "reason", "message", "size", "station", "window", "window_bytes", "max_bytes", "trouble"}
    words |= {"new", "retry"}
    assert {word for word in words if f"`{word}`" not in page} == set()


def test_that_the_page_holds_the_examples_as_they_are_and_states_the_bounds_that_hold():
    page = PAGE.read_text()
    for name, language in (("producer.py", "python"), ("producer.cpp", "cpp")):
        text = (EXAMPLES / name).read_text()
        assert f"```{language}\n{text}```" in page
    assert len((EXAMPLES / "producer.py").read_text().splitlines()) <= 30
    for bound in (protocol.MAX_HEADER_BYTES, protocol.MAX_ID, protocol.MAX_SENDER, protocol.MAX_PATH):
        assert re.search(rf"\b{bound:,}\b".replace(",", ",?"), page)
