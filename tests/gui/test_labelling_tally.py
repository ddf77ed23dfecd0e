"""Counts while labelling, and the keys of classes."""

from backend.domain.classifications import default_classification
from backend.domain.labelling import LabelCount, Palette
from backend.domain.labels import StandingLabel
from hydra_gui.labelling.keys import assign_keys
from hydra_gui.labelling.tally import Tally
from tests.fakes.labelling import START


def palette(*valid: str, others: tuple[str, ...] = (), counts: tuple[LabelCount, ...] = ()) -> Palette:
    return Palette(
        "CDC", tuple(map(default_classification, valid)), tuple(map(default_classification, others)), counts, 50
    )


def label(name: str, who: str = "ann") -> StandingLabel:
    return StandingLabel(name, who, START)


def test_that_keys_are_figures_then_letters_and_ignore_has_its_own():
    names = [f"class {number}" for number in range(40)]
    keys = assign_keys([*names[:2], "Ignore", *names[2:]])
    assert (keys["class 0"], keys["class 8"], keys["class 9"], keys["Ignore"]) == ("1", "9", "A", "0")
    assert keys["class 39"] == ""
    assert len({key for key in keys.values() if key}) == sum(bool(key) for key in keys.values())


def test_that_counts_follow_what_is_saved():
    tally = Tally()
    tally.begin(palette("Good", "Bad", counts=(LabelCount("Good", "ann", 5), LabelCount("Good", "bob", 7))))
    tally.change(label("Good", "bob"), label("Bad"))
    tally.change(label("Good"), None)
    tally.change(None, label("Bad"))
    assert {swatch.known.name: swatch.count for swatch in tally.swatches()} == {"Good": 10, "Bad": 2}
    assert tally.people() == [("ann", 6), ("bob", 6)]
    assert (tally.progress(3, waits=False).labelled, tally.progress(3, waits=False).pending) == (12, 3)


def test_that_the_pace_is_of_the_last_minute():
    now = [0.0]
    tally = Tally(lambda: now[0])
    tally.note_saved(40)
    now[0] = 50.0
    tally.note_saved(2)
    assert (tally.progress(0, waits=False).pace, tally.progress(0, waits=False).now) == (42, 42)
    now[0] = 70.0
    assert (tally.progress(0, waits=False).pace, tally.progress(0, waits=False).now) == (2, 42)


def test_that_a_plot_type_without_classes_is_offered_those_of_the_store_or_the_usual_ones():
    tally = Tally()
    tally.begin(palette())
    assert "Good" in [one.name for one in tally.classes]
    assert tally.others == ()
    tally.begin(palette(others=("LED", "Cosmic")))
    assert [one.name for one in tally.classes] == ["LED", "Cosmic"]


def test_that_an_added_class_stays_while_the_plot_type_does():
    tally = Tally()
    tally.begin(palette("Good", others=("LED",)))
    tally.add_class("LED")
    tally.begin(palette("Good", others=("LED",)))
    assert [one.name for one in tally.classes] == ["Good", "LED"]
    tally.begin(Palette("TOF", (default_classification("Good"),), (default_classification("LED"),), (), 0))
    assert [one.name for one in tally.classes] == ["Good"]
