"""Alerts in lists: what stays, what comes, what goes; and the book behind them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from backend.domain.alerts import AlertState
from backend.domain.classifications import Severity
from backend.domain.incidents import WHOLE_HALL, incidents
from hydra_gui.alerts.book import AlertBook
from hydra_gui.alerts.list_model import AlertListModel
from tests.fakes.alerts import NOW, alert
from ui.alerts.list import AlertList
from ui.alerts.tabs import AlertTab


def ids(model):
    return [one.alert_id for one in model.alerts]


@pytest.mark.parametrize("wanted", [[], [1], [3, 1, 2], [2, 4], [5, 1, 2, 3, 6], list(range(1, 200))])
def test_that_a_list_becomes_what_it_is_told_in_the_eyes_of_qt(qtmodeltester, wanted):
    model = AlertListModel()
    model.show([alert(number) for number in (1, 2, 3)])
    qtmodeltester.check(model)
    model.show([alert(number) for number in wanted])
    assert ids(model) == wanted
    qtmodeltester.check(model)


def test_that_what_a_person_chose_stays_chosen_while_rows_come_and_go(qtbot):
    model, view = AlertListModel(), AlertList(lambda: NOW, "Alerts")
    qtbot.addWidget(view)
    view.setModel(model)
    model.show([alert(number) for number in range(1, 6)])
    view.go_to(3)
    model.show([alert(number) for number in (9, 3, 4)])
    assert [one.alert_id for one in view.chosen] == [3]
    model.show([alert(number) for number in (4, 3, *range(100, 300))])
    assert [one.alert_id for one in view.chosen] == [3]
    with qtbot.waitSignal(view.current_changed):
        model.show([])
    assert view.chosen == []


def test_that_three_thousand_alerts_are_drawn_at_the_price_of_a_screen(qtbot, monkeypatch):
    model, view, asked = AlertListModel(), AlertList(lambda: NOW, "Alerts"), []
    qtbot.addWidget(view)
    view.setModel(model)
    view.resize(900, 700)
    model.show([alert(number) for number in range(1, 3001)])
    view.show()
    plain = AlertListModel.data
    monkeypatch.setattr(AlertListModel, "data", lambda self, index, role=0: asked.append(1) or plain(self, index, role))
    view.grab()
    view.scrollToBottom()
    view.grab()
    assert 0 < len(asked) < 2000
    view.close()


def test_that_the_later_change_counts_however_it_is_told():
    book = AlertBook()
    first = replace(alert(1), change=5)
    acknowledged = replace(first, change=6, state=AlertState.ACKNOWLEDGED, who="ann")
    closed = replace(acknowledged, change=7, state=AlertState.CLOSED)
    assert book.update([first, acknowledged]) == [(None, first), (first, acknowledged)]
    assert book.update([first]) == []
    assert book.counts() == {AlertTab.ACKNOWLEDGED: 1}
    book.update([closed, acknowledged])
    assert len(book) == 0
    assert book.update([replace(closed, change=9, state=AlertState.CLEARED)])


def test_that_the_worst_and_then_the_oldest_come_first():
    book = AlertBook()
    book.update([
        replace(alert(1, severity=Severity.WARNING), change=1),
        replace(alert(2), change=2),
        replace(alert(30), change=3),
        replace(alert(4, state=AlertState.CLEARED, active=False), change=4),
        replace(alert(5, state=AlertState.ACKNOWLEDGED), change=5),
    ])  # fmt: skip
    assert [one.alert_id for one in book.waiting()] == [30, 2, 1, 4]
    assert [one.alert_id for one in book.listed(AlertTab.ACKNOWLEDGED)] == [5]


def test_that_alerts_of_one_detector_are_one_incident():
    found = incidents([
        alert(1, group=("Tracking", "Drift chambers")), alert(2, group=("Timing",), severity=Severity.WARNING),
        alert(3, group=("Tracking",)), alert(4, group=()), alert(5, state=AlertState.ACKNOWLEDGED),
    ])  # fmt: skip
    named = [(incident.title, [one.alert_id for one in incident.alerts]) for incident in found]
    assert named == [("Other plots", [4]), ("Tracking", [3, 1]), ("Timing", [2])]


def test_that_a_flood_is_one_incident_whatever_the_detectors():
    at = [replace(alert(n, group=(f"Detector {n % 9}",)), raised_at=NOW + timedelta(seconds=n)) for n in range(1, 501)]
    [incident] = incidents(at)
    assert (incident.title, len(incident.alerts)) == (WHOLE_HALL, 500)
    spread = [replace(one, raised_at=NOW + timedelta(minutes=5 * n)) for n, one in enumerate(at[:40])]
    assert {incident.title for incident in incidents(spread)} == {f"Detector {n}" for n in range(9)}
