"""The feeder as people run it: real processes, signals, kills, full disks, keys, exit codes."""

import contextlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backend.feed.zeromq.keys import make_keys
from backend.store import Store
from hydra_gui.cli import main
from tests.fakes.image_files import encoded
from tests.fakes.network import free_port
from tests.integration.test_engine_survives_kills import wait_for, wait_until_it_serves

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def own_homes(monkeypatch, tmp_path):
    for name in ("CACHE", "CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "home" / name.lower()))
    yield
    while _started:  # none is left where a test has failed
        process = _started.pop()
        if process.poll() is None:
            process.kill()
            process.communicate()


_started = []


def program(*arguments, **options):
    command = [sys.executable, "-m", "hydra_gui", *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    _started.append(subprocess.Popen(command, cwd=ROOT, **pipes, **options))
    return _started[-1]


def feeder_arguments(place, port, *more):
    return ["feed", place / "in", "--to", f"tcp://127.0.0.1:{port}", "--spool", place / "spool", *more]


@contextlib.contextmanager
def engine(place, port, **environment):
    process = program(
        "--data-dir", place / "data", "serve", "--listen", f"tcp://127.0.0.1:{port}", env=os.environ | environment
    )
    try:
        wait_until_it_serves(process)
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=120)


def write(root, count, first=0):
    folder = root / "Run000042"
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        hidden = folder / ".new"
        hidden.write_bytes(encoded(size=(40 + number % 300, 40 + number // 300)))
        hidden.rename(folder / f"CDC_occupancy_{number:04d}.png")


def chunks_stored(place):
    with Store.open(f"sqlite:///{place / 'data' / 'hydra.db'}", place / "data") as store:
        return store.counts().plots


def kill_again_and_again(place, port, plots, kills, rng):
    """Kill the feeder at random moments while files come in; then let one finish."""
    for number in range(kills):
        write(place / "in", plots, first=number * plots)
        before = chunks_stored(place)
        process = program(*feeder_arguments(place, port, "--after", "delete"))
        try:
            if rng.random() < 0.7:  # once something is through; else at whatever moment of its beginning
                wait_for(lambda: chunks_stored(place) > before, 60, "something arrives")  # noqa: B023
            time.sleep(rng.uniform(0.0, 0.05))  # the random moment; nothing is waited for
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate()
    last = program(*feeder_arguments(place, port, "--after", "delete", "--until-idle", "--seconds", "120"))
    said, _ = last.communicate(timeout=150)
    assert last.returncode == 0, said


def check_nothing_is_lost_or_doubled(place, total):
    assert list((place / "in").rglob("*.png")) == []
    assert list((place / "spool" / "contents").iterdir()) == []
    assert chunks_stored(place) == total


def test_that_a_feeder_killed_at_any_moment_loses_and_doubles_nothing(tmp_path):
    port = free_port()
    with engine(tmp_path, port):
        kill_again_and_again(tmp_path, port, 40, 3, random.Random(1))
    check_nothing_is_lost_or_doubled(tmp_path, 120)


@pytest.mark.soak
def test_that_sixty_kills_lose_and_double_nothing(tmp_path):
    port = free_port()
    with engine(tmp_path, port):
        kill_again_and_again(tmp_path, port, 100, 60, random.Random(2))
    check_nothing_is_lost_or_doubled(tmp_path, 6000)


def test_that_a_signal_ends_it_cleanly_and_a_second_one_takes_over(tmp_path):
    write(tmp_path / "in", 3)
    port = free_port()
    first = program("--json", *feeder_arguments(tmp_path, port))
    line = ""
    for line in first.stdout:
        if json.loads(line).get("waiting") == 3:
            break
    second = program(*feeder_arguments(tmp_path, port))
    said, _ = second.communicate(timeout=120)
    assert second.returncode == 2
    assert "Another feeder uses the spool" in " ".join(said.split())
    first.send_signal(signal.SIGTERM)
    rest, _ = first.communicate(timeout=120)
    assert first.returncode == 0
    end = json.loads(rest.splitlines()[-1])
    assert (end["event"], end["waiting"], end["acknowledged"], end["well"]) == ("end", 3, 0, False)


def test_that_the_exit_code_says_how_it_ended(tmp_path):
    write(tmp_path / "in", 2)
    port = free_port()
    away = program(*feeder_arguments(tmp_path, port, "--until-idle", "--seconds", "1"))
    said, _ = away.communicate(timeout=120)
    assert (away.returncode, "Nothing is lost" in said) == (3, True)
    with engine(tmp_path, port):
        (tmp_path / "in" / "Text.png").write_text("this is no image, and long enough not to be taken for half of one")
        os.utime(tmp_path / "in" / "Text.png", (1, 1))
        done = program(*feeder_arguments(tmp_path, port, "--until-idle", "--seconds", "90"))
        said, _ = done.communicate(timeout=120)
        assert done.returncode == 1
        assert "1 files were refused" in " ".join(said.split())
    assert chunks_stored(tmp_path) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "tcp://daq.example.org:5570"], "hydra-gui feed keygen"),
        (["--to", "udp://127.0.0.1:5570"], "tcp://HOST:PORT"),
        (["--to", "tcp://*:5570"], "name of one machine"),
        (["--to", "tcp://127.0.0.1:5570", "--key", "missing"], "--server-key"),
        (["--to", "tcp://127.0.0.1:5570", "--key", "missing", "--server-key", "x" * 40], "cannot be read"),
        (["--to", "tcp://127.0.0.1:5570", "--name", " x"], "name of the sender"),
    ],
)
def test_that_what_cannot_be_begun_is_refused_with_what_to_do(tmp_path, capsys, arguments, words):
    (tmp_path / "in").mkdir()
    assert main(["feed", str(tmp_path / "in"), *arguments, "--spool", str(tmp_path / "spool")]) == 2
    assert words in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_that_a_full_disk_at_the_feeder_loses_nothing(tmp_path):
    """The limit on the size of files stands for the disk: no write beyond it succeeds, whatever the account may do."""
    (tmp_path / "in" / "Run000042").mkdir(parents=True)
    large = tmp_path / "in" / "Run000042" / "CDC_occupancy_0001.png"
    large.write_bytes(encoded(size=(90, 70)) + bytes(400_000))
    os.utime(large, (1, 1))
    port = free_port()

    def small_disk():
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))

    with engine(tmp_path, port):
        full = program("--json", *feeder_arguments(tmp_path, port, "--after", "delete"), preexec_fn=small_disk)
        for line in full.stdout:
            if line.startswith("{") and "spool cannot be written" in json.loads(line)["word"]:
                break
        full.send_signal(signal.SIGTERM)
        full.communicate(timeout=120)
        assert full.returncode == 0
        assert large.exists()
        assert list((tmp_path / "spool" / "contents").iterdir()) == []
        roomy = program(*feeder_arguments(tmp_path, port, "--after", "delete", "--until-idle", "--seconds", "90"))
        said, _ = roomy.communicate(timeout=120)
        assert roomy.returncode == 0, said
    assert (large.exists(), chunks_stored(tmp_path)) == (False, 1)


def test_that_keys_made_by_the_program_connect_its_two_ends(tmp_path, capsys):
    clients = tmp_path / "clients"
    clients.mkdir()
    assert main(["--json", "feed", "keygen", str(tmp_path / "hall")]) == 0
    keys = json.loads(capsys.readouterr().out)
    make_keys(tmp_path / "daq1")
    (tmp_path / "daq1.key").rename(clients / "daq1.key")
    write(tmp_path / "in", 2)
    port = free_port()
    environment = {"HYDRA_FEED__ZEROMQ__KEY": keys["private_key"], "HYDRA_FEED__ZEROMQ__CLIENTS": str(clients)}
    with engine(tmp_path, port, **environment):
        mine = ["--key", tmp_path / "daq1.key_secret", "--server-key", keys["public_key_file"]]
        done = program(*feeder_arguments(tmp_path, port, *mine, "--until-idle", "--seconds", "90"))
        said, _ = done.communicate(timeout=120)
        assert done.returncode == 0, said
        (clients / "daq1.key").unlink()
        write(tmp_path / "in", 1, first=2)
        denied = program("--json", *feeder_arguments(tmp_path, port, *mine, "--until-idle"))
        assert any("does not let this key in" in line for line in denied.stdout)
        denied.send_signal(signal.SIGTERM)
        denied.communicate(timeout=120)
        assert denied.returncode == 3
    assert chunks_stored(tmp_path) == 2
