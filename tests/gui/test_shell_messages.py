"""Messages: told in three parts, counted, dismissed, never in the way of what is under the pointer."""

import pytest
from PySide6.QtWidgets import QWidget

from backend.domain.classifications import Severity
from ui.messages import Message, MessageBar

LOST = Message("The folder cannot be read.", "No new plots are taken in.", "Ask for the right.", "errno 13")
SAVED = Message("The image was not saved.", severity=Severity.ALARM)


@pytest.fixture
def host(qtbot):
    made = QWidget()
    made.resize(1000, 600)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def bar(host):
    return MessageBar(host)


def test_that_a_message_says_what_happened_what_it_means_and_what_to_do(bar):
    bar.tell(LOST)
    (card,) = bar.cards
    assert bar.isVisible()
    assert (card.headline.text(), card.meaning.text(), card.advice.text()) == (LOST.happened, LOST.meaning, LOST.advice)
    assert LOST.advice in card.accessibleName()


def test_that_details_are_shown_on_demand_and_only_where_there_are_some(bar):
    bar.tell(LOST)
    bar.tell(SAVED)
    saved, lost = bar.cards
    assert not lost.details.isVisible()
    lost.details_button.click()
    assert lost.details.isVisible()
    assert lost.details.toPlainText() == "errno 13"
    assert not saved.details_button.isVisible()


def test_that_the_same_message_is_counted_instead_of_repeated(bar):
    for _ in range(3):
        bar.tell(LOST)
    (card,) = bar.cards
    assert card.headline.text().endswith("(× 3)")


def test_that_a_dismissed_message_goes_and_the_last_one_hides_the_bar(bar, qtbot):
    bar.tell(LOST)
    bar.tell(SAVED)
    bar.cards[0].dismiss_button.click()
    assert [card.message for card in bar.cards] == [LOST]
    bar.cards[0].dismiss_button.click()
    assert bar.cards == ()
    assert not bar.isVisible()


def test_that_a_flood_shows_three_and_says_how_many_more(bar):
    for i in range(10):
        bar.tell(Message(f"Problem {i}"))
    assert [card.isVisible() for card in bar.cards] == [True] * 3 + [False] * 7
    assert bar.cards[0].message == Message("Problem 9")
    assert bar._more.text() == "and 7 more"


def test_that_the_bar_stays_inside_its_host_when_that_is_resized(bar, host, qtbot):
    bar.tell(LOST)
    bar.tell(SAVED)
    for width, height in ((1000, 600), (400, 500), (1600, 900)):
        host.resize(width, height)
        qtbot.waitUntil(lambda: host.rect().contains(bar.geometry()))
        assert bar.geometry().bottom() > host.height() - 40


def test_that_markup_from_outside_is_shown_as_it_is(bar):
    bar.tell(Message("<b>bold</b><img src='x'>"))
    assert bar.cards[0].headline.textFormat().name == "PlainText"
