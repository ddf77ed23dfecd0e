"""The doctor proves that a station can join: its duties, who is there, what answers."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.config import Settings, load
from backend.domain.stations import StationRole
from backend.services.doctor.findings import Finding, Outcome
from backend.services.doctor.joining import check_duties, check_stations
from backend.services.doctor.reachable import check_failover, check_hydra
from backend.store.stations import Entering
from hydra_gui.cli.program import run_command
from tests.fakes.accounts import SECRET, SharedHall, make_hall
from tests.mariadb import MariaDb


@pytest.fixture(scope="module")
def hall(mariadb_server: MariaDb) -> Iterator[SharedHall]:
    made = make_hall(mariadb_server)
    for role in ("viewer", "engine", "engine+keeper"):
        made.grant(role)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDRA_STORE_PASSWORD", SECRET)


def settings(hall: SharedHall, roles: str, place: Path, **sections: dict[str, Any]) -> Settings:
    return load(None, {"store": {"url": hall.url(roles), "data_dir": place}, **sections})


def test_that_an_account_that_may_not_do_what_is_configured_is_told(hall: SharedHall, tmp_path: Path) -> None:
    [found] = check_duties(settings(hall, "viewer", tmp_path))
    assert found.outcome is Outcome.FAILED
    assert "is to judge" in found.detail
    assert "db grant viewer+engine" in found.remedy
    assert "--watch-only" in found.remedy
    takes_in = {"input": {"directory": tmp_path}, "engine": {"judges": False}}
    [found] = check_duties(settings(hall, "viewer", tmp_path, **takes_in))
    assert "db grant viewer+feeder" in found.remedy


@pytest.mark.parametrize(
    ("roles", "sections", "says"),
    [
        ("viewer", {"engine": {"judges": False}}, "watch: allowed"),
        ("engine", {}, "judge: allowed"),
        ("engine+keeper", {"retention": {"images_days": 90}}, "judge, let images expire: allowed"),
    ],
)
def test_that_an_account_that_may_is_told_as_well(
    roles: str, sections: dict[str, Any], says: str, hall: SharedHall, tmp_path: Path
) -> None:
    [found] = check_duties(settings(hall, roles, tmp_path, **sections))
    assert (found.outcome, found.detail.startswith(says)) == (Outcome.OK, True)


def test_that_a_keeper_is_needed_where_images_expire(hall: SharedHall, tmp_path: Path) -> None:
    [found] = check_duties(settings(hall, "engine", tmp_path, retention={"images_days": 90}))
    assert "db grant engine+keeper" in found.remedy


def test_that_the_others_are_told_with_what_is_wrong(hall: SharedHall, tmp_path: Path) -> None:
    mine = settings(hall, "engine", tmp_path, station={"name": "hall-d"})
    watching = settings(hall, "viewer", tmp_path, engine={"judges": False})
    assert any("no station judges" in found.detail for found in check_stations(watching))
    closed = unused_port()
    with hall.open("engine", tmp_path) as store:
        says = Entering(StationRole.ENGINE, "0.0.1", "another.hall", 1, f"tcp://127.0.0.1:{closed}")
        store.stations.enter("hall-d", says)
        found = list(check_stations(mine))
        store.stations.leave("hall-d")
    details = " / ".join(one.detail for one in found)
    assert "another machine runs a station called hall-d" in details
    assert "1 run, 1 of them on other machines; 1 judge" in details
    assert "not told at once" in details


def unused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_that_addresses_are_tried_before_they_are_needed(hall: SharedHall, tmp_path: Path) -> None:
    closed = f"127.0.0.1:{unused_port()}"
    with socket.create_server(("127.0.0.1", 0)) as server:
        there = f"127.0.0.1:{server.getsockname()[1]}"
        tried = settings(hall, "engine", tmp_path)
        tried = tried.model_copy(
            update={
                "store": tried.store.model_copy(update={"failover": (there, closed)}),
                "feed": tried.feed.model_copy(
                    update={"hydra": tried.feed.hydra.model_copy(update={"connect": (f"tcp://{there}",)})}
                ),
            }
        )
        assert outcomes(check_failover(tried)) == [Outcome.OK, Outcome.WARNING]
        assert outcomes(check_hydra(tried)) == [Outcome.OK]
    assert outcomes(check_hydra(tried)) == [Outcome.WARNING]


def outcomes(found: Iterator[Finding]) -> list[Outcome]:
    return [one.outcome for one in found]


def test_that_an_embedded_store_has_nobody_to_join(tmp_path: Path) -> None:
    alone = load(None, {"store": {"data_dir": tmp_path}})
    assert [*check_duties(alone), *check_stations(alone), *check_failover(alone)] == []


def test_that_the_whole_examination_speaks_of_joining(
    hall: SharedHall, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    run_command(["--store", hall.url("engine"), "--data-dir", str(tmp_path), "doctor"])
    shown = capsys.readouterr().out
    assert all(subject in shown for subject in ("access", "role", "clock", "duties", "database", "stations"))
