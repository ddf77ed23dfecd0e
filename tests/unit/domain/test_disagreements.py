"""When a disagreement begins and what ends it: a pure function of the label history of a plot."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from backend.domain.disagreements import Said, open_disputes
from backend.domain.labels import LabelHow

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def said(label: str | None, who: str, how: LabelHow = LabelHow.PAINTED, gesture=None, reverts=None) -> Said:
    return Said(uuid.uuid4(), who, AT, label, how, gesture or uuid.uuid4(), reverts)


def kept(label: str | None, who: str) -> Said:
    return Said(uuid.uuid4(), who, AT, label, LabelHow.KEPT)


HALL, LATE = said("Good", "expert"), said("Bad", "laptop")
DISPUTED = [HALL, LATE, kept("Good", "expert")]


def words(history: list[Said]) -> list[tuple[str | None, str, str | None, str]]:
    return [(d.counts.label, d.counts.who, d.late.label, d.late.who) for d in open_disputes(history)]


def test_that_both_sides_are_told_as_they_were_first_said():
    [dispute] = open_disputes(DISPUTED)
    assert (dispute.counts, dispute.late) == (HALL, LATE)


def test_that_a_settlement_ends_it_and_undoing_that_begins_it_again():
    settled = said("Noisy", "coordinator", LabelHow.SETTLED)
    assert words([*DISPUTED, settled]) == []
    undone = said("Good", "coordinator", LabelHow.UNDONE, reverts=settled.gesture)
    assert words([*DISPUTED, settled, undone]) == [("Good", "coordinator", "Bad", "laptop")]
    redone = said("Noisy", "coordinator", LabelHow.REDONE, reverts=undone.gesture)
    assert words([*DISPUTED, settled, undone, redone]) == []
    again = said("Good", "coordinator", LabelHow.UNDONE, reverts=redone.gesture)
    assert len(words([*DISPUTED, settled, undone, redone, again])) == 1


def test_that_undoing_something_else_leaves_a_settlement_alone():
    settled = said("Good", "coordinator", LabelHow.SETTLED)
    later = said("Noisy", "expert")
    undone = said("Good", "expert", LabelHow.UNDONE, reverts=later.gesture)
    assert words([*DISPUTED, settled, later, undone]) == []


def test_that_it_ends_when_the_late_label_comes_to_count_or_its_giver_says_something_else():
    assert words([*DISPUTED, said("Bad", "expert")]) == []
    assert words([*DISPUTED, said("Good", "laptop")]) == []
    assert words([*DISPUTED, said("Noisy", "expert")]) == [("Noisy", "expert", "Bad", "laptop")]


def test_that_a_plot_can_be_disputed_by_several_and_a_withdrawal_is_no_dispute():
    more = [*DISPUTED, said("Noisy", "labeller"), kept("Good", "expert")]
    assert words(more) == [("Good", "expert", "Bad", "laptop"), ("Good", "expert", "Noisy", "labeller")]
    resumed = Said(uuid.uuid4(), "expert", AT, "Good", LabelHow.RESUMED)
    assert words([HALL, LATE, said(None, "laptop", LabelHow.UNDONE), resumed]) == []
    assert words([]) == []
    assert words([kept("Good", "expert")]) == []
