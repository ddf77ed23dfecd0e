"""What a window asks of the ways out, of a real engine: tests and logbook entries, kept with who made them."""

import json

import pytest

from backend.domain.dispatches import Outcome
from backend.domain.errors import StoreRefusedError
from backend.domain.outward import LogbookEntry
from backend.store import Store
from tests.fakes.activation import activate_bundle
from tests.fakes.alerts import QUICK
from tests.fakes.engines import running_engine, settings_for
from tests.fakes.outside import WebServer
from tests.fakes.plots import write_plot


def alarms(place, chat):
    return {
        "destinations": {
            "log": {"kind": "files", "directory": place / "log"},
            "chat": {"kind": "webhook", "url": chat.url},
            "away": {"kind": "elog", "url": "http://127.0.0.1:9/log"},
        },
        "logbook": {"to": ["log", "away"]},
    }


async def test_that_entries_are_made_with_pictures_and_kept_with_who_made_them(tmp_path, monkeypatch):
    with WebServer() as chat:
        settings = settings_for(tmp_path, alarms=alarms(tmp_path, chat))
        with Store.open(settings.store.effective_url, tmp_path / "data") as store:
            activate_bundle(store, tmp_path / "bundles", "CDC_occupancy")
            store.alerts.set_policy("CDC_occupancy", QUICK, "a")
        async with running_engine(settings) as (engine, heard):
            write_plot(tmp_path / "inbox", "CDC_occupancy", 121_266, 0, number=1)
            await heard.until(lambda _: engine.store.alerts.open())
            [alert] = engine.store.alerts.open()
            detail = engine.store.alerts.detail(alert.alert_id)
            entry = LogbookEntry(
                "key-1", "expert", "CDC_occupancy is Bad", "Board 14 is dead.", ("log", "away"), detail.plot,
                detail.heat_map, alert.alert_id, (("Run", "121266"),),
            )  # fmt: skip
            made, failed = await engine.outward.write_entry(entry)
            assert made.ok
            assert not failed.ok
            assert "does not answer" in failed.words
            [folder] = (tmp_path / "log").glob("*/*")
            facts = json.loads((folder / "entry.json").read_text())
            assert (facts["author"], facts["text"]) == ("expert", "Board 14 is dead.")
            assert len(facts["pictures"]) == 2
            notes = {note.destination: note for note in engine.store.dispatches.notes(alert.alert_id)}
            assert (notes["log"].who, notes["log"].outcome) == ("expert", Outcome.LOGGED)
            assert notes["away"].outcome is Outcome.FAILED
            await _refused(engine, entry, monkeypatch)
            await _tested(engine, chat)


async def _refused(engine, entry, monkeypatch):
    """A database that will not keep who made it must not make anybody make it again."""

    def refuse(*_: object) -> None:
        raise StoreRefusedError("the account may not")

    monkeypatch.setattr(engine.store.dispatches, "record", refuse)
    made, _ = await engine.outward.write_entry(entry)
    assert made.ok
    assert "the account may not" in made.words


async def _tested(engine, chat):
    view = await engine.outward.view()
    assert view.logbooks == ("log", "away")
    found = await engine.outward.try_destination("chat", "expert")
    assert found.ok
    assert "Nothing is wrong" in json.loads(chat.requests[0].body)["text"]
    missing = await engine.outward.try_destination("nobody", "expert")
    assert "no destination" in missing.words


def test_that_a_logbook_must_be_one(tmp_path):
    with WebServer() as chat, pytest.raises(Exception, match="is no logbook"):
        settings_for(tmp_path, alarms=alarms(tmp_path, chat) | {"logbook": {"to": ["chat"]}})
