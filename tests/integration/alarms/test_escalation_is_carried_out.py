"""From an alert that nobody acknowledges to those who are told of it, by real engines and escalators on real stores."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import numpy as np
import pytest

from backend.alarms.registry import Destinations, secret_of
from backend.config import Settings
from backend.domain.alert_actions import AlertKey, acknowledge
from backend.domain.dispatches import Outcome
from backend.engine import escalator as escalator_module
from backend.engine.escalator import Escalator
from backend.events import AlertsEscalated
from backend.pipeline.store_link import StoreLink
from backend.store import Store
from tests.fakes.activation import activate_bundle
from tests.fakes.alerts import QUICK, Hall
from tests.fakes.engines import running_engine, settings_for
from tests.fakes.outside import MailServer, WebServer
from tests.fakes.plots import write_plot

DEADLINE_S = 90.0


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(escalator_module, "_LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(escalator_module, "wait_after", lambda _: timedelta(seconds=0.1))


def alarms(mail: MailServer, *to: list[str], chat: WebServer | None = None, **given):
    return {
        "pause_s": 0.0,
        "mail": {"server": "localhost", "port": mail.port, "security": "none", "sender": "hydra@hall.example"},
        "destinations": {
            "expert": {"kind": "mail", "to": ["expert@hall.example"]},
            "chat": {"kind": "webhook", "url": chat.url if chat else "http://127.0.0.1:9"},
            "control room": {"kind": "stations", "role": "control-room"},
        },
        "routes": [{"name": "all", "to": to or [["expert"]], "after_min": [0, 0.01]}],
    } | given


async def until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen"
        await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def carrying_out(settings: Settings, store: Store, owner: str = "a/1") -> AsyncIterator[asyncio.Task[None]]:
    """An escalator at work; cancel the task it yields to kill it."""
    with ThreadPoolExecutor(2) as pool:
        link = StoreLink(pool)
        image = np.full((40, 60, 3), 200, np.uint8)
        destinations = Destinations(settings.alarms, {secret_of("chat"): "unused"}.get)
        one = Escalator(settings, store, (link, link), owner, lambda _: image, destinations)
        task = asyncio.create_task(one.run_forever())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await one.close()


def notes(store: Store):
    return [note for alert in store.alerts.open() for note in store.dispatches.notes(alert.alert_id)]


def acknowledge_all(store: Store) -> None:
    store.alerts.act([AlertKey(one.alert_id, one.version) for one in store.alerts.open()], acknowledge("shift"))


async def test_that_a_bad_plot_is_mailed_with_picture_and_heat_map_and_stations_become_loud(tmp_path):
    with MailServer() as server:
        route = {"pause_s": 0.0, "station_role": "control-room"}
        settings = settings_for(tmp_path, alarms=alarms(server, ["expert", "control room"], **route))
        with Store.open(settings.store.effective_url, tmp_path / "data") as store:
            activate_bundle(store, tmp_path / "bundles", "CDC_occupancy")
            store.alerts.set_policy("CDC_occupancy", QUICK, "a")
        async with running_engine(settings, window=True) as (engine, heard):
            write_plot(tmp_path / "inbox", "CDC_occupancy", 121_266, 0, number=1)
            await until(lambda: server.mails, "the mail")
            await heard.until(lambda events: any(isinstance(e, AlertsEscalated) and e.alert_ids for e in events))
            [mail] = server.mails
            assert "CDC_occupancy: Bad" in mail["Subject"]
            assert sum(part.get_content_type() == "image/png" for part in mail.walk()) == 2
            [alert] = engine.store.alerts.open()
            await until(lambda: len(engine.store.dispatches.notes(alert.alert_id)) == 2, "the story")
            story = engine.store.dispatches.notes(alert.alert_id)
            assert {(note.destination, note.outcome) for note in story} == {
                ("control room", Outcome.SENT), ("expert", Outcome.SENT),
            }  # fmt: skip
            acknowledge_all(engine.store)
            await heard.until(lambda events: [e for e in events if isinstance(e, AlertsEscalated)][-1] == quiet())


def quiet():
    return AlertsEscalated(frozenset())


async def test_that_three_stations_tell_everybody_once(store, tmp_path):
    Hall(store, ("CDC_occupancy",)).judge()
    with MailServer() as server, WebServer() as chat:
        settings = settings_for(tmp_path, alarms=alarms(server, ["expert"], ["chat"], chat=chat))
        async with contextlib.AsyncExitStack() as stack:
            for owner in ("a/1", "b/1", "c/1"):
                await stack.enter_async_context(carrying_out(settings, store, owner))
            await until(lambda: server.mails and chat.requests, "mail and chat")
            await asyncio.sleep(0.5)
        assert (len(server.mails), len(chat.requests)) == (1, 1)
        assert [note.outcome for note in notes(store)] == [Outcome.SENT, Outcome.SENT]


async def test_that_what_was_refused_is_tried_again_and_told_so_while_others_are_told(store, tmp_path):
    Hall(store, ("CDC_occupancy",)).judge()
    with MailServer() as server, WebServer() as chat:
        server.refuse = "451 try again later"
        settings = settings_for(tmp_path, alarms=alarms(server, ["expert", "chat"], chat=chat))
        async with carrying_out(settings, store):
            await until(lambda: server.attempts >= 2 and chat.requests, "two refusals")
            server.refuse = ""
            await until(lambda: server.mails, "the mail")
            await until(lambda: notes(store)[-1].outcome is Outcome.SENT, "the note")
        mine = [(note.outcome, note.words) for note in notes(store) if note.destination == "expert"]
        assert mine[0] == (Outcome.FAILED, "localhost refused: 451 try again later")
        assert mine[-1] == (Outcome.SENT, "accepted by localhost")
        assert len(server.mails) == len(chat.requests) == 1


async def test_that_an_acknowledgement_ends_it(store, tmp_path):
    Hall(store, ("CDC_occupancy",)).judge()
    with MailServer() as server:
        server.refuse = "451 try again later"
        settings = settings_for(tmp_path, alarms=alarms(server, ["expert"]))
        async with carrying_out(settings, store):
            await until(lambda: server.attempts, "an attempt")
            acknowledge_all(store)
            await until(lambda: not store.dispatches.claim("x", ["expert"], 0.0, 0.0), "the end")
            server.refuse, tried = "", server.attempts
            await asyncio.sleep(0.5)
        assert server.attempts <= tried + 1
        assert len(server.mails) <= 1


async def test_that_a_station_that_dies_while_it_sends_leaves_it_to_another(store, tmp_path, monkeypatch):
    Hall(store, ("CDC_occupancy",)).judge()
    monkeypatch.setattr(escalator_module, "_CLOSE_S", 0.0)
    monkeypatch.setattr(escalator_module, "_TO_RECORD_S", -24.0)  # the lease ends a second after it was taken
    with MailServer() as server, WebServer(delay_s=60.0) as chat, WebServer() as works:
        dying = settings_for(tmp_path, alarms=alarms(server, ["chat"], chat=chat))
        async with carrying_out(dying, store, "dies/1"):
            await until(lambda: chat.requests, "the first attempt")
        assert notes(store) == []
        alive = settings_for(tmp_path, alarms=alarms(server, ["chat"], chat=works))
        async with carrying_out(alive, store, "lives/1"):
            await until(lambda: notes(store), "the second attempt")
        assert len(works.requests) == 1


async def test_that_a_crate_that_trips_is_one_message(tmp_path):
    names = tuple(f"plot_{number:02}" for number in range(12))
    with Store.open(f"sqlite:///{tmp_path / 'hydra.db'}", tmp_path) as store, MailServer() as server:
        hall = Hall(store, names)
        for name in names:
            hall.judge(name)
        settings = settings_for(tmp_path, alarms=alarms(server, ["expert"]))
        async with carrying_out(settings, store):
            await until(lambda: len(notes(store)) == len(names), "the notes")
        [mail] = server.mails
        assert "12 alerts" in mail["Subject"]
        text = mail.get_body(("plain",)).get_content()
        assert all(name in text for name in names)
        assert sum(part.get_content_type() == "image/png" for part in mail.walk()) <= 6
