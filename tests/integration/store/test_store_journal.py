"""The journal tells every change once, in whatever order transactions are committed, however late a reader comes."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text

from backend.domain.changes import Change, ChangeKind
from backend.domain.intake import JudgedPlot
from backend.store import Store, journal
from backend.store.tables import journal as table
from tests.samples import OWNER, commit, commit_one, judged, new_plot, put_in_force

WRITER = b"somebody else..."


def begun(store: Store) -> journal.Reader:
    reader = store.news.reader()
    store.news.begin(reader)
    return reader


def test_that_what_is_stored_judged_and_set_aside_is_told_with_its_keys(store: Store):
    reader = begun(store)
    model = put_in_force(store)
    assert {change.kind for change in store.news.look(reader)} == {ChangeKind.CATALOGUE}
    plot = commit_one(store)
    assert store.news.look(reader) == [Change(ChangeKind.ARRIVED, (plot.plot_id,), mine=True)]
    store.verdicts.record([judged(plot, model)], OWNER)
    assert store.news.look(reader) == [Change(ChangeKind.JUDGED, (plot.plot_id,), mine=True)]
    store.verdicts.record([judged(plot, model)], OWNER)
    assert store.news.look(reader) == []


def test_that_a_reader_that_comes_late_hears_only_of_what_comes_after(store: Store):
    commit_one(store, 1)
    reader = begun(store)
    plot = commit_one(store, 2)
    assert [change.keys for change in store.news.look(reader)] == [(plot.plot_id,)]


def test_that_a_transaction_that_fails_tells_nothing(store: Store):
    reader = begun(store)

    def write(connection):
        journal.note(connection, ChangeKind.JUDGED, [7])
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        store.database.write(write)
    commit_one(store)
    assert [change.kind for change in store.news.look(reader)] == [ChangeKind.ARRIVED]


def test_that_a_change_committed_after_one_with_a_higher_number_is_not_missed(store: Store):
    if store.database.embedded:
        pytest.skip("an embedded store has one writer at a time")
    reader = begun(store)
    slow = store.database.engine.connect()
    journal.note(slow, ChangeKind.JUDGED, [1])
    journal.write(slow, WRITER)
    fast = commit_one(store)
    assert [change.keys for change in store.news.look(reader)] == [(fast.plot_id,)]
    joined_meanwhile = begun(store)
    slow.commit()
    slow.close()
    late = [Change(ChangeKind.JUDGED, (1,))]
    assert store.news.look(reader) == late
    assert store.news.look(reader) == []
    assert store.news.look(joined_meanwhile) == late


def test_that_a_number_that_was_rolled_back_is_given_up(store: Store, monkeypatch: pytest.MonkeyPatch):
    if store.database.embedded:
        pytest.skip("an embedded store has one writer at a time")
    reader = begun(store)
    with store.database.engine.connect() as undone:
        journal.note(undone, ChangeKind.JUDGED, [1])
        journal.write(undone, WRITER)
        undone.rollback()
    commit_one(store)
    store.news.look(reader)
    assert reader._holes
    monkeypatch.setattr(journal, "HOLES_S", 0.0)
    commit_one(store, 2)
    assert len(store.news.look(reader)) == 1
    assert not reader._holes


def test_that_many_writers_at_once_are_each_heard_once(store: Store):
    reader, heard, over = begun(store), Counter(), threading.Event()

    def write(number: int) -> None:
        for step in range(20):
            key = number * 1000 + step
            store.database.write(lambda connection, key=key: journal.note(connection, ChangeKind.JUDGED, [key]))

    def listen() -> None:
        while True:
            ended = over.is_set()
            heard.update(key for change in store.news.look(reader) or [] for key in change.keys)
            if ended:
                return

    with ThreadPoolExecutor(5) as pool:
        listening = pool.submit(listen)
        for done in [pool.submit(write, number) for number in range(4)]:
            done.result(60)
        over.set()
        listening.result(60)
    assert heard == Counter({number * 1000 + step: 1 for number in range(4) for step in range(20)})


def test_that_a_reader_too_far_behind_is_told_so(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(journal, "PORTION", 3)
    reader = begun(store)
    for number in range(4):
        commit_one(store, number)
    assert store.news.look(reader) is None
    store.news.begin(reader)
    assert store.news.look(reader) == []


def test_that_old_entries_are_removed_and_the_newest_never(store: Store, monkeypatch: pytest.MonkeyPatch):
    for number in range(6):
        commit_one(store, number)
    monkeypatch.setattr(journal, "_KEEP_ROWS", 2)
    past = "1" if store.database.embedded else "TIMESTAMP '2000-01-01 00:00:00'"
    store.database.write(lambda connection: connection.execute(text(f"UPDATE journal SET at = {past}")))
    while store.news.purge():
        pass
    assert store.database.read(lambda connection: connection.scalar(select(func.count()).select_from(table))) == 2


def test_that_outcomes_are_read_as_the_hall_shows_them(store: Store):
    model = put_in_force(store)
    first, second, third = [item.plot for item in commit(store, [new_plot(number) for number in range(3)])]
    store.verdicts.record([judged(first, model), JudgedPlot(second)], OWNER)
    outcomes = store.news.outcomes({first.plot_id, second.plot_id, third.plot_id})
    assert [outcome.plot.state.value for outcome in outcomes] == ["judged", "no_model", "pending"]
    assert outcomes[0].verdict == judged(first, model).verdict
    assert outcomes[0].heat_map is not None
    assert (outcomes[1].verdict, outcomes[2].verdict) == (None, None)
