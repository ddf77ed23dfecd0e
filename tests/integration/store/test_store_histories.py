import uuid
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, select, update

from backend.domain.alert_actions import AlertKey, acknowledge
from backend.domain.alert_policy import AlertPolicy
from backend.domain.dispatches import Outcome
from backend.domain.errors import StoreRefusedError
from backend.domain.hall_policy import HallPolicy
from backend.domain.labels import Gesture, LabelEvent, LabelHow, NewLabel
from backend.store import Store
from backend.store.histories import append
from backend.store.tables import label_bundles
from backend.store.tables.histories import APPEND_ONLY, grant_events
from tests.mariadb import USER
from tests.samples import commit_one, judged, manifest, put_in_force


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with an entry in every history."""
    plot = commit_one(store)
    model = put_in_force(store)
    store.labels.add_many([NewLabel(plot.plot_id, "Good", "a", "grid")])
    painted = LabelEvent(plot.plot_id, "Bad", LabelHow.PAINTED)
    store.gestures.record(Gesture(uuid.uuid4(), "CDC_occupancy", "a", datetime.now(UTC), (painted,)))
    second = LabelEvent(plot.plot_id, "Good", LabelHow.SECOND)
    store.gestures.record(Gesture(uuid.uuid4(), "CDC_occupancy", "expert", datetime.now(UTC), (second,)))
    store.collecting.set_percent("CDC_occupancy", 5, "a")
    store.models.register(manifest(seed=1), b"imported", "a", ("model.zip", ""))
    store.configuration.append("a", "batch = 16")
    granted = {"who": "a", "subject": "b@%", "role_before": "", "role_after": "viewer"}
    store.database.write(lambda connection: append(connection, grant_events, uuid.uuid4(), [granted]))
    taken = {"who": "a", "digest": "00" * 32, "manifest": "{}"}
    store.database.write(lambda connection: append(connection, label_bundles, uuid.uuid4(), [taken]))
    store.alerts.set_policy("CDC_occupancy", AlertPolicy(needed=1, out_of=1), "a", "a test")
    store.hall_alerts.set_policy(HallPolicy(database_after_s=1.0), "a", "a test")
    store.verdicts.record([judged(plot, model)], "a/1")
    [alert] = store.alerts.open()
    store.alerts.act([AlertKey(alert.alert_id, alert.version)], acknowledge("a"))
    store.dispatches.record("a", "shift log", "elog", Outcome.LOGGED, "entry 1", alert.alert_id)
    return store


@pytest.mark.parametrize("history", APPEND_ONLY, ids=lambda table: table.name)
def test_that_the_database_itself_refuses_to_change_a_history(filled: Store, history):
    for change in (update(history).values(who="somebody else"), delete(history)):
        with pytest.raises(StoreRefusedError, match="append-only"):
            filled.database.write(lambda connection, change=change: connection.execute(change))
    rows = filled.database.read(lambda connection: connection.execute(history.select()).all())
    assert rows
    assert all(row.who in ("a", "expert", "hydra") for row in rows)


@pytest.mark.parametrize("history", APPEND_ONLY, ids=lambda table: table.name)
def test_that_the_server_notes_which_account_made_an_entry(filled: Store, history):
    accounts = set(filled.database.read(lambda connection: connection.scalars(select(history.c.account)).all()))
    assert accounts == ({""} if filled.database.embedded else {f"{USER}@127.0.0.1"})
