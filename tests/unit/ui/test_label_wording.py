"""Labels and orders in words: what is not saved never reads as if it were."""

import pytest

from backend.domain.labelling import LabelScope, PlotOrder
from ui.labelling.values import LabelTile, Progress, Saving, Which
from ui.labelling.wording import label_words, order_sentence, progress_words, spoken, which_words


def tile(**given) -> LabelTile:
    return LabelTile(7, "121266.4", "20 Nov 13:45", **given)


def test_that_a_tile_says_whether_its_label_is_in_the_store():
    assert label_words(tile(label="NoData")) == "No data"
    assert label_words(tile(label="Bad", saving=Saving.PENDING)).endswith("…")
    assert label_words(tile(label="Bad", saving=Saving.WAITING)) == "Bad · not saved"
    assert label_words(tile()) == "not labelled"
    assert label_words(tile(saving=Saving.WAITING)) == "not labelled · not saved"


def test_that_a_screen_reader_hears_the_same():
    said = spoken(tile(label="Bad", who="ann", guess="Good", confidence=0.61), blind=False)
    assert said == "Plot of run 121266.4, labelled Bad, by ann, guess Good 61.0\u00a0%"
    assert "guess" not in spoken(tile(guess="Good", confidence=0.61), blind=True)
    assert "not saved yet" in spoken(tile(label="Bad", saving=Saving.WAITING), blind=True)


@pytest.mark.parametrize("order", list(PlotOrder))
def test_that_every_order_explains_itself_and_counts(order: PlotOrder):
    assert order_sentence(order, 212, 1840).endswith("212 of 1\u00a0840 plots.")
    assert "The first 212 plots." in order_sentence(order, 212, 1840, cut=True)


def test_that_progress_is_told_in_a_line():
    assert progress_words(Progress(5, 9, 132, 410)) == "132 labelled now · 410 a minute · all saved"
    assert progress_words(Progress(5, 9, 3, 0, pending=2)) == "3 labelled now · 2 being saved"
    assert progress_words(Progress(5, 9, 3, 0, pending=2, waits=True)) == "3 labelled now · 2 not saved"


def test_that_choices_of_labels_read_as_words():
    assert which_words(Which(LabelScope.UNLABELLED)) == "Without a label"
    assert which_words(Which(LabelScope.LABELLED, "HotChannel")) == "Hot channel"
