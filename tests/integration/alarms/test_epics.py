"""Process variables as a real client of Channel Access sees them, in a process of its own, on loopback."""

import asyncio
import json
import os
import socket
import subprocess
import sys

import pytest

pytest.importorskip("caproto", reason="caproto is not installed: pip install hydra-gui[epics]")

from backend.alarms.epics import server as server_module
from backend.alarms.epics.server import EpicsServer
from backend.alarms.epics.snapshot import PlotValue, Snapshot, pv_name
from backend.config_alarms import EpicsSection
from backend.domain.alert_policy import AlertPolicy
from backend.domain.alerts import AlertState
from backend.domain.classifications import Severity
from backend.domain.goodness import goodness
from backend.store import Store
from tests.fakes.activation import activate_bundle
from tests.fakes.engines import eventually, running_engine, settings_for
from tests.fakes.outside import until
from tests.fakes.plots import write_plot

CLIENT = """
import json, sys
from caproto.sync.client import read, write
from caproto import AlarmSeverity, ChannelType
for line in sys.stdin:
    what, name, *rest = json.loads(line)
    try:
        if what == "word":
            answer = read(name, data_type=ChannelType.STRING, timeout=5, repeater=False).data[0].decode()
        elif what == "read":
            found = read(name, data_type="time", timeout=5, repeater=False)
            value = found.data[0]
            value = value.decode() if isinstance(value, bytes) else float(value)
            answer = [value, int(found.metadata.severity)]
        elif what == "acks":
            write(name, rest[0], data_type=ChannelType.PUT_ACKS, notify=False, timeout=5, repeater=False)
            answer = "written"
        else:
            write(name, rest[0], notify=True, timeout=5, repeater=False)
            answer = "written"
    except Exception as error:
        answer = f"{type(error).__name__}: {error}"
    print(json.dumps(answer), flush=True)
"""
NONE, MINOR, MAJOR, INVALID = range(4)


def free_port() -> int:
    """Free for TCP and UDP at this moment."""
    while True:
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(("127.0.0.1", tcp.getsockname()[1]))
            except OSError:
                continue
            return int(tcp.getsockname()[1])


class Client:
    """A client process; `port` is where it looks for variables."""

    def __init__(self, port: int) -> None:
        there = {"EPICS_CA_ADDR_LIST": "127.0.0.1", "EPICS_CA_AUTO_ADDR_LIST": "NO", "EPICS_CA_SERVER_PORT": str(port)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", CLIENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, **there},
        )  # fmt: skip

    def _ask(self, *question):
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def read(self, name):
        return self._ask("read", name)

    def word(self, name):
        return self._ask("word", name)

    def write(self, name, value):
        return self._ask("write", name, value)

    def acknowledge(self, name, severity):
        """As an alarm handler does, by the field of the protocol that is made for it."""
        return self._ask("acks", name, severity)

    def close(self):
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def port():
    return free_port()


@pytest.fixture(scope="module")
def client(port):
    client = Client(port)
    yield client
    client.close()


def section(port: int, **given) -> EpicsSection:
    return EpicsSection(prefix="HYDRA:", port=port, **given)


@pytest.fixture
def served(port):
    heard = []
    server = EpicsServer(section(port, acknowledge=True), lambda *what: heard.append(what))
    yield server, heard
    server.close()


BAD = PlotValue("CDC_occupancy", -0.97, Severity.ALARM, waits=True, fresh=True)
GOOD = PlotValue("FDC.cathodes", 0.9, Severity.NORMAL, waits=False, fresh=True)


def test_that_clients_see_values_severities_and_a_heartbeat(served, client):
    server, _ = served
    server.publish(Snapshot((BAD, GOOD), 1, ""))
    until(lambda: client.read("HYDRA:CDC_occupancy") == [-0.97, MAJOR], "the value")
    assert client.read("HYDRA:CDC_occupancy:SEVERITY") == [3.0, MAJOR]
    assert client.word("HYDRA:CDC_occupancy:SEVERITY") == "alarm"
    assert client.read("HYDRA:CDC_occupancy:ACK") == [0.0, MAJOR]
    assert client.word("HYDRA:CDC_occupancy:ACK") == "waits"
    assert client.read(pv_name("HYDRA:", "FDC.cathodes")) == [0.9, NONE]
    assert client.read("HYDRA:WAITING") == [1.0, NONE]
    assert client.read("HYDRA:BLIND") == [0.0, NONE]
    beat = client.read("HYDRA:HEARTBEAT")[0]
    until(lambda: client.read("HYDRA:HEARTBEAT")[0] > beat, "a heartbeat")


def test_that_everything_is_invalid_while_the_application_is_blind_or_a_plot_is_old(served, client):
    server, _ = served
    server.publish(Snapshot((BAD, GOOD), 1, "database: away"))
    until(lambda: client.read("HYDRA:CDC_occupancy")[1:] == [INVALID], "the severity")
    assert client.read("HYDRA:BLIND") == [1.0, INVALID]
    assert client.word("HYDRA:BLIND") == "BLIND"
    assert client.read("HYDRA:CDC_occupancy:SEVERITY") == [4.0, INVALID]
    old = PlotValue("CDC_occupancy", 0.9, Severity.NORMAL, waits=False, fresh=False)
    server.publish(Snapshot((old, GOOD), 0, ""))
    until(lambda: client.read("HYDRA:FDC_cathodes")[1:] == [NONE], "the other plot")
    assert client.read("HYDRA:CDC_occupancy")[1:] == [INVALID]


def test_that_an_engine_that_falls_silent_is_invalid(served, client, monkeypatch):
    server, _ = served
    server.publish(Snapshot((GOOD,), 0, ""))
    until(lambda: client.read("HYDRA:FDC_cathodes") == [0.9, NONE], "the value")
    monkeypatch.setattr(server_module, "ALIVE_S", 0.1)
    until(lambda: client.read("HYDRA:HEARTBEAT")[1:] == [INVALID], "the heartbeat")
    until(lambda: client.read("HYDRA:FDC_cathodes")[1:] == [INVALID], "the plot")


def test_that_only_an_acknowledgement_can_be_written_and_says_who(served, client):
    server, heard = served
    server.publish(Snapshot((BAD,), 1, ""))
    until(lambda: client.read("HYDRA:CDC_occupancy") == [-0.97, MAJOR], "the value")
    client.write("HYDRA:CDC_occupancy", 1.0)
    client.write("HYDRA:CDC_occupancy:ACK", 0)
    client.write("HYDRA:WAITING", 7)
    assert heard == []
    assert client.read("HYDRA:CDC_occupancy")[0] == -0.97
    client.write("HYDRA:CDC_occupancy:ACK", 1)
    until(lambda: heard, "the acknowledgement")
    [(plot_type, who)] = heard
    assert plot_type == "CDC_occupancy"
    assert "@" in who
    assert client.acknowledge("HYDRA:CDC_occupancy", MAJOR) == "written"
    until(lambda: len(heard) == 2, "the acknowledgement of an alarm handler")


def test_that_nothing_is_acknowledged_where_that_is_not_configured(port, client):
    heard: list = []
    server = EpicsServer(section(port), lambda *what: heard.append(what))
    try:
        server.publish(Snapshot((BAD,), 1, ""))
        until(lambda: client.read("HYDRA:CDC_occupancy") == [-0.97, MAJOR], "the value")
        client.write("HYDRA:CDC_occupancy:ACK", 1)
        assert heard == []
    finally:
        server.close()


def test_that_goodness_is_good_minus_bad_and_counts_by_severity():
    good, bad = (0.9, Severity.NORMAL), (0.1, Severity.ALARM)
    assert goodness([good, bad]) == pytest.approx(0.8)
    assert goodness([(0.5, Severity.INFORMATION), (0.5, Severity.WARNING)]) == -0.25


async def test_that_an_engine_serves_its_alerts_and_is_acknowledged_from_outside(tmp_path, port, client):
    epics = {"prefix": "HALL:", "port": port, "acknowledge": True}
    settings = settings_for(tmp_path, alarms={"epics": epics})
    with Store.open(settings.store.effective_url, tmp_path / "data") as store:
        activate_bundle(store, tmp_path / "bundles", "CDC_occupancy")
        store.alerts.set_policy("CDC_occupancy", AlertPolicy(needed=1, out_of=1), "a")
    async with running_engine(settings) as (engine, _):
        write_plot(tmp_path / "inbox", "CDC_occupancy", 121_266, 0, number=1)
        name = "HALL:CDC_occupancy"
        await eventually(lambda: client.read(name)[1:] == [MAJOR], what="the alarm")
        value, _ = await asyncio.to_thread(client.read, name)
        assert -1 <= value < 0
        assert await asyncio.to_thread(client.word, f"{name}:ACK") == "waits"
        await asyncio.to_thread(client.write, f"{name}:ACK", 1)
        await eventually(lambda: client.word(f"{name}:ACK") == "acknowledged", what="the acknowledgement")
        [alert] = engine.store.alerts.open()
        assert alert.state is AlertState.ACKNOWLEDGED
        assert "@" in alert.who
        assert engine.store.alerts.events(alert.alert_id)[-1].reason == "by Channel Access"
