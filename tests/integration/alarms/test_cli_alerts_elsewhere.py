"""`hydra-gui alerts try|login|logout|test` as a shell sees them."""

import io
import json
from datetime import UTC, datetime, timedelta

import keyring
import keyring.backends.fail
import pytest

from backend.store import Store
from hydra_gui.cli.program import run_command
from tests.fakes.alerts import Hall
from tests.fakes.outside import WebServer

CONFIGURATION = """
[alarms.destinations.room]
kind = "stations"
[alarms.destinations.chat]
kind = "webhook"
[[alarms.routes]]
name = "all"
to = [["room"], ["chat"]]
after_min = [0, 5]
"""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("HYDRA_USER", "expert")
    monkeypatch.setattr(keyring, "get_keyring", keyring.backends.fail.Keyring)
    (tmp_path / "hall.toml").write_text(CONFIGURATION)

    def command(*words, typed=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        place = ("--config", str(tmp_path / "hall.toml"), "--data-dir", str(tmp_path / "data"))
        code = run_command([*place, *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


@pytest.fixture
def hall(tmp_path):
    with Store.open(f"sqlite:///{tmp_path / 'data' / 'hydra.db'}", tmp_path / "data") as store:
        yield Hall(store, ("CDC_occupancy",))


def test_that_a_trial_tells_what_would_have_been_sent_and_sends_nothing(run, hall):
    hall.judge()
    later = (datetime.now(UTC) + timedelta(minutes=10)).isoformat()
    code, out, _ = run("alerts", "try", "--to", later)
    assert code == 0
    assert all(word in out for word in ("room", "chat", "CDC_occupancy", "1 to room, 1 to chat"))
    told = json.loads(run("alerts", "try", "--to", later, "--json")[1])
    assert (told["alerts"], told["counts"]) == (1, {"room": 1, "chat": 1})
    first, second = (datetime.fromisoformat(one["at"]) for one in told["sendings"])
    assert second - first == timedelta(minutes=5)
    [alert] = hall.store.alerts.open()
    assert hall.store.dispatches.notes(alert.alert_id) == []


def test_that_a_trial_of_another_time_finds_nothing(run, hall):
    hall.judge()
    told = json.loads(run("alerts", "try", "--from", "2020-01-01", "--to", "2020-02-01", "--json")[1])
    assert told["sendings"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--from", "yesterday"), "2026-11-20"), (("--from", "2026-01-02", "--to", "2026-01-01"), "before")],
)
def test_that_a_wrong_time_is_said(run, hall, words, said):
    code, _, err = run("alerts", "try", *words)
    assert code == 2
    assert said in err


def test_that_a_secret_is_kept_used_and_forgotten(run, tmp_path):
    assert "alerts login" in run("alerts", "test", "chat")[1]
    with WebServer() as server:
        address = f"{server.url}/s3cret"
        code, out, _ = run("alerts", "login", "chat", "--password-stdin", typed=address + "\n")
        assert code == 0
        assert "s3cret" not in out
        assert (tmp_path / "config" / "hydra-gui" / "secrets.json").stat().st_mode & 0o777 == 0o600
        code, out, _ = run("alerts", "test")
        assert (code, out.strip()) == (0, "chat: accepted (200)")
        assert "Nothing is wrong" in json.loads(server.requests[0].body)["text"]
    told = json.loads(run("alerts", "test", "chat", "--json")[1])
    assert (told["reached"], "s3cret" in json.dumps(told)) == (False, False)
    assert run("alerts", "test", "chat")[0] == 1
    assert "forgotten" in run("alerts", "logout", "chat")[1]
    assert "No secret" in run("alerts", "logout", "chat")[1]


def test_that_an_unknown_destination_is_refused(run):
    code, _, err = run("alerts", "login", "pager", "--password-stdin", typed="x\n")
    assert code == 2
    assert "mail, room, chat" in err
