"""Values read as a person writes them."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.domain.classifications import Severity, Symbol
from backend.domain.verdicts import AlarmGate, Verdict
from ui.wording import (
    GATE_WORDS,
    NARROW,
    THIN,
    age,
    age_of,
    class_title,
    clock,
    number,
    percent,
    value_with_unit,
    verdict_symbol,
    verdict_word,
)


def _plain(text: str) -> str:
    return text.replace(NARROW, " ").replace(THIN, " ")


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (266, "266"), (121266, "121 266"), (1101160, "1 101 160")])
def test_that_long_numbers_are_grouped(value, text):
    assert _plain(number(value)) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.992, "99.2 %"), (1.0, "100.0 %"), (0.9999, "> 99.9 %"), (0.0, "0.0 %"), (0.0001, "< 0.1 %"), (0.614, "61.4 %")],
)
def test_that_shares_never_claim_a_certainty_they_do_not_have(share, text):
    assert _plain(percent(share)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0 s"), (4.9, "4 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h 00"), (90000, "1 d")],
)
def test_that_ages_are_short_and_never_negative(seconds, text):
    assert _plain(age(seconds)) == text


def test_that_an_age_is_the_time_between():
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert _plain(age_of(now - timedelta(seconds=31), now)) == "31 s"


def test_that_a_time_of_another_day_carries_its_date():
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert "2026" not in clock(now, now)
    assert "2026" in clock(now - timedelta(days=2), now)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Good", "Good"),
        ("NoData", "No data"),
        ("HotChannel", "Hot channel"),
        ("LED", "LED"),
        ("dead_board", "dead board"),
    ],
)
def test_that_class_names_become_words(name, title):
    assert class_title(name) == title


@pytest.mark.parametrize(("value", "text"), [(152.4, "152 nA"), (0.123456, "0.123 nA"), (12.0, "12 nA")])
def test_that_values_carry_their_unit(value, text):
    assert _plain(value_with_unit(value, "nA")) == text


def test_that_an_unconfirmed_verdict_is_a_question():
    sure = Verdict("HotChannel", Severity.WARNING, 0.9, True, AlarmGate.HARMLESS, 1)
    unsure = Verdict("HotChannel", Severity.WARNING, 0.5, False, AlarmGate.HARMLESS, 1)
    assert verdict_word(sure, None) == "Hot channel"
    assert _plain(verdict_word(unsure, None)) == "Hot channel ?"
    assert verdict_word(None, None) == "No plot yet"
    assert verdict_symbol(None) is Symbol.DASH
    assert verdict_symbol(sure) is Symbol.DIAMOND


def test_that_every_gate_has_words():
    assert set(GATE_WORDS) == set(AlarmGate)
