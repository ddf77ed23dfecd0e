"""With 18,000 alerts of 600 plot types, 1,800 of them open, whatever a window or an engine asks reads by index."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, insert

import tests.integration.store.test_store_plans as plans
from backend.domain.alert_actions import AlertKey, acknowledge
from backend.domain.alert_policy import AlertPolicy
from backend.domain.alert_views import AlertQuery
from backend.domain.beam import UNKNOWN_BEAM
from backend.store import Store
from backend.store.tables import alert_changes, alert_events, alerts, plot_types
from tests.mariadb import PASSWORD
from tests.samples import START, commit_one, judged, put_in_force

pytestmark = pytest.mark.leaves_running("the store of this module, and the threads of its blobs")

ALERTS, PLOT_TYPES, OPEN = 18_000, 600, 1_800


def fill(connection: Connection) -> None:
    """Alerts, newest last; those of the last three rounds are open, one of each kind per plot type."""
    now = datetime.now(UTC)
    named = {"description": "", "contact": "", "guidance": "", "first_seen": START}
    connection.execute(insert(plot_types), [{"id": n + 2, "name": f"type {n + 2}", **named} for n in range(PLOT_TYPES)])
    connection.execute(insert(alerts), [_row(number, now) for number in range(1, ALERTS + 1)])
    connection.execute(insert(alert_events), [_event(number, now) for number in range(1, ALERTS + 1)])
    connection.execute(alert_changes.update().values(number=ALERTS))


def _row(number: int, now: datetime) -> dict[str, object]:
    still_open = number > ALERTS - OPEN
    at = datetime.fromtimestamp(now.timestamp() - 60 * (ALERTS - number) - 3600, UTC)
    kind = ("problem", "missing", "frozen")[(number - 1) // PLOT_TYPES % 3]
    return {
        "id": number, "plot_type_id": number % PLOT_TYPES + 2, "kind": kind, "closed_as": 0 if still_open else number,
        "state": "raised" if still_open else "closed", "active": still_open, "severity": 2 + number % 2,
        "classification": "Bad", "seen_at": at, "words": "", "beam_state": "ON", "beam_unit": "nA", "since": at,
        "raised_at": at, "changed_at": at, "version": 1, "change_number": number, "who": "", "reason": "",
        "shelf_who": "", "shelf_reason": "",
    }  # fmt: skip


def _event(number: int, now: datetime) -> dict[str, object]:
    return {
        "ticket": uuid.UUID(int=number), "who": "hydra", "at": now, "alert_id": number, "action": "raised",
        "state_after": "raised", "severity": 3, "classification": "Bad", "reason": "",
    }  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", "mariadb"])
def full(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    directory = tmp_path_factory.mktemp("alerts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plans, "BIG", {"alerts", "alert_events"})
        url = f"sqlite:///{directory / 'hydra.db'}"
        if request.param == "mariadb":
            server = request.getfixturevalue("mariadb_server")
            patch.setenv("HYDRA_STORE_PASSWORD", PASSWORD)
            url = server.url(server.database())
            Store.upgrade(url)
        with Store.open(url, directory) as store:
            put_in_force(store)
            store.database.write(fill)
            yield store
        if request.param == "mariadb":
            server.drop(url.rpartition("/")[2])


def test_that_whatever_is_asked_again_and_again_reads_by_index(full: Store):
    full.alerts.set_policy("CDC_occupancy", AlertPolicy(needed=1, out_of=1), "a")
    plans.check(full, lambda: full.alerts.news(ALERTS))
    plans.check(full, full.alerts.open)
    plans.check(full, full.alerts.end_shelves)
    plans.check(full, lambda: full.alerts.note_missing(UNKNOWN_BEAM, START))
    plans.check(full, lambda: full.alerts.events(ALERTS))


def test_that_the_history_is_read_from_its_newest_end(full: Store):
    """Read along the index of times up to the limit, which is no scan of all."""
    in_order = "raised_at"
    plans.check(full, lambda: full.alerts.history(AlertQuery()), allowed=in_order, sorting=True)
    older = AlertQuery(before=full.alerts.history(AlertQuery())[-1].raised_at)
    plans.check(full, lambda: full.alerts.history(older), allowed=in_order, sorting=True)
    assert len(full.alerts.history(AlertQuery(limit=500))) == 500
    plans.check(full, lambda: full.alerts.history(AlertQuery("type 77")))
    assert len(full.alerts.history(AlertQuery("type 77"))) == ALERTS // PLOT_TYPES


def test_that_a_verdict_and_an_action_touch_only_their_own(full: Store):
    outcome = judged(commit_one(full), full.models.in_force()["CDC_occupancy"])
    plans.check(full, lambda: full.verdicts.record([outcome], "a/1"))
    [alert] = full.alerts.changed(ALERTS)[-1:]
    plans.check(full, lambda: full.alerts.detail(alert.alert_id))
    plans.check(full, lambda: full.alerts.act([AlertKey(alert.alert_id, alert.version)], acknowledge("ann")))
