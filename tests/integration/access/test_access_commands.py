"""`hydra-gui db grant|revoke|audit` and the doctor, as a shell sees them."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backend.config import load
from backend.domain.labels import NewLabel
from backend.services.doctor.access import _clock, check_access
from backend.services.doctor.findings import Outcome
from backend.store.audit import _TOLD, read_audit
from backend.store.server import ServerFacts
from backend.store.tables.histories import APPEND_ONLY
from hydra_gui.cli.commands.audit import read_since
from hydra_gui.cli.errors import UsageError
from hydra_gui.cli.program import run_command
from tests.fakes.accounts import SECRET, SharedHall, make_hall
from tests.mariadb import MariaDb
from tests.samples import commit_one, put_in_force

Run = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def database(mariadb_server: MariaDb) -> Iterator[SharedHall]:
    made = make_hall(mariadb_server)
    yield made
    made.close()


@pytest.fixture
def hall(database: SharedHall) -> Iterator[SharedHall]:
    """Without any account yet."""
    yield database
    database.remove_accounts()


@pytest.fixture
def run(hall: SharedHall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command as the server's administrator; exit code and all that is said."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setenv("HYDRA_USER", "boss")

    def command(*words: str, piped: str = "", store: str = "") -> tuple[int, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(piped))
        url = store or hall.server.admin_url(hall.name)
        code = run_command(["--store", url, "--data-dir", str(tmp_path / "data"), *words])
        captured = capsys.readouterr()
        return code, re.sub(r"[ │]+", " ", captured.out + captured.err)

    return command


def test_that_an_account_is_granted_used_shown_and_revoked(
    run: Run, hall: SharedHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = str(hall.account("viewer"))
    code, said = run("db", "grant", "viewer", account, "--password-stdin", piped=SECRET + "\n")
    assert code == 0
    assert "nothing → viewer" in said
    assert "Nothing to do" in run("db", "grant", "viewer", account)[1]
    monkeypatch.setenv("HYDRA_STORE_PASSWORD", SECRET)
    assert run("db", "status", store=hall.url("viewer"))[0] == 0
    code, said = run("db", "grant", "shift", account, store=hall.url("viewer"))
    assert code == 3
    assert "administrator of the database server" in " ".join(said.split())
    monkeypatch.delenv("HYDRA_STORE_PASSWORD")
    assert "viewer → nothing" in run("db", "revoke", account)[1]
    entries = json.loads(run("db", "audit", "--limit", "2", "--json")[1])
    assert [(entry["who"], entry["what"], entry["after"]) for entry in entries] == [
        ("boss", "grant", ""),
        ("boss", "grant", "viewer"),
    ]
    assert all("@localhost" in entry["account"] for entry in entries)


def test_that_a_dry_run_prints_statements_that_can_be_read_and_asks_nothing(run: Run, hall: SharedHall) -> None:
    code, said = run("db", "grant", "engine", str(hall.account("engine")), "--dry-run")
    assert code == 0
    assert said.startswith("CREATE USER 'engine.")
    assert all(line.endswith(";") for line in said.splitlines())
    assert f"GRANT INSERT ON `{hall.name}`.`predictions`" in said or "`predictions`" in said
    told = json.loads(run("db", "grant", "engine", str(hall.account("engine")), "--dry-run", "--json")[1])
    assert (told["new"], told["done"], told["after"]) == (True, False, "engine")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("grant", "boss", "a@h"), 2, "viewer, shift"),
        (("grant", "viewer", "a'@h"), 1, "no account"),
        (("grant", "viewer", "root"), 1, "left alone"),
        (("grant", "viewer", "new@h"), 2, "--password-stdin"),
        (("revoke", "nobody@h"), 0, "Nothing to do"),
    ],
)
def test_that_wrong_use_is_told(run: Run, words: tuple[str, ...], code: int, told: str) -> None:
    found, said = run("db", *words)
    assert found == code
    assert told in " ".join(said.split())


def test_that_an_embedded_store_has_no_accounts(run: Run, tmp_path: Path) -> None:
    code, said = run("db", "grant", "viewer", "a@h", store=f"sqlite:///{tmp_path / 'x.db'}")
    assert code == 3
    assert "embedded" in said


def test_that_the_audit_tells_of_every_history(run: Run, hall: SharedHall, tmp_path: Path) -> None:
    with hall.as_administrator(tmp_path) as store:
        plot = commit_one(store)
        model = put_in_force(store)
        store.labels.add_many([NewLabel(plot.plot_id, "Bad", "ann", "grid", "hot\nwire")])
        store.labels.add_many([NewLabel(plot.plot_id, "Good", "bob", "grid")])
        store.thresholds.change(model.model_id, {"Bad": 0.9}, "cid", "by hand")
        store.configuration.append("engine", "batch = 16")
    entries = json.loads(run("db", "audit", "--since", "1h", "--json")[1])
    told = {(e["who"], e["what"], e["subject"], e["before"], e["after"]) for e in entries}
    assert ("bob", "label", f"CDC_occupancy plot {plot.plot_id}", "Bad", "Good") in told
    assert ("cid", "threshold", f"CDC_occupancy model {model.model_id} Bad", "0.6", "0.9") in told
    assert ("expert", "activation", "CDC_occupancy", "", f"model {model.model_id}") in told
    assert ("engine", "configuration", "", "", "batch = 16") in told
    code, said = run("db", "audit", "--limit", "4")
    assert code == 0
    assert "grid: hot wire" in said
    assert len(said.strip().splitlines()) == 6
    later = (datetime.now() + timedelta(days=1)).strftime("%Y-%m-%d")
    assert "Nothing was done" in run("db", "audit", "--since", later)[1]


def test_that_every_history_is_part_of_the_audit() -> None:
    assert {history.name for history, _ in _TOLD} == {history.name for history in APPEND_ONLY}


def test_that_an_embedded_store_is_audited_as_well(tmp_path: Path, run: Run) -> None:
    code, said = run("db", "audit", "--json", store=f"sqlite:///{tmp_path / 'x.db'}")
    assert (code, json.loads(said)) == (0, [])


@pytest.mark.parametrize("text", ["", "yesterday", "8x", "2026-13-01", "99999999w"])
def test_that_what_is_no_time_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="--since"):
        read_since(text)


def test_that_times_ago_and_dates_are_understood() -> None:
    assert abs(datetime.now(UTC) - timedelta(hours=8) - read_since("8h")) < timedelta(minutes=5)
    assert read_since("2026-11-27T18:30+01:00") == datetime(2026, 11, 27, 17, 30, tzinfo=UTC)


def findings(hall: SharedHall, roles: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Outcome]:
    monkeypatch.setenv("HYDRA_STORE_PASSWORD", SECRET)
    settings = load(None, {"store": {"url": hall.url(roles), "data_dir": tmp_path}})
    return {finding.subject: finding for finding in check_access(settings)}


def test_that_the_doctor_proves_the_way_in_the_role_and_the_clock(
    hall: SharedHall, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hall.grant("engine")
    found = findings(hall, "engine", monkeypatch, tmp_path)
    assert {subject: finding.outcome for subject, finding in found.items()} == {
        "access": Outcome.OK, "role": Outcome.OK, "clock": Outcome.OK,
    }  # fmt: skip
    assert "on this machine" in found["access"].detail
    assert found["role"].detail == "engine"
    hall.server.execute(f"GRANT DELETE ON `{hall.name}`.label_events TO {hall.account('engine').quoted}")
    assert findings(hall, "engine", monkeypatch, tmp_path)["role"].outcome is Outcome.WARNING


def test_that_the_doctor_says_how_to_get_in(hall: SharedHall, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = findings(hall, "viewer", monkeypatch, tmp_path)
    assert found["access"].outcome is Outcome.FAILED
    assert "hydra-gui db login" in found["access"].detail


@pytest.mark.parametrize(
    ("skew", "answer", "outcome"),
    [(0.5, 0.1, "ok"), (-0.5, 0.1, "ok"), (30, 0.1, "failed"), (-30, 0.1, "failed"), (3, 2, "ok")],
)
def test_that_a_clock_that_is_off_is_told_unless_the_way_is_too_slow_to_say(
    skew: float, answer: float, outcome: str
) -> None:
    finding = _clock(ServerFacts("10", "a@b", "", frozenset(), skew, answer))
    assert finding.outcome == outcome
    assert ("ahead" if skew > 0 else "behind") in finding.detail


def test_that_the_doctor_finds_a_clock_that_is_off(
    hall: SharedHall, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hall.grant("viewer")
    hall.server.execute("SET GLOBAL init_connect = 'SET timestamp = UNIX_TIMESTAMP() - 3600'")
    try:
        assert findings(hall, "viewer", monkeypatch, tmp_path)["clock"].outcome is Outcome.FAILED
    finally:
        hall.server.execute("SET GLOBAL init_connect = ''")


def test_that_the_audit_reads_back_what_a_store_holds(hall: SharedHall, tmp_path: Path) -> None:
    with hall.as_administrator(tmp_path) as store:
        store.configuration.append("me", "a")
        [entry] = read_audit(store.database, limit=1)
    assert (entry.who, entry.what, entry.after) == ("me", "configuration", "a")
    assert entry.account.endswith("@localhost")
