"""What can be undone and redone follows from the history of gestures alone."""

import uuid
from datetime import UTC, datetime

from backend.domain.labelling import STEPS_KEPT, Step, Steps, steps_of
from backend.domain.labels import LabelHow

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def step(how: LabelHow = LabelHow.PAINTED, reverts: uuid.UUID | None = None) -> Step:
    return Step(uuid.uuid4(), NOW, how, reverts)


def test_that_a_gesture_can_be_undone_and_its_undo_redone():
    first, second = step(), step()
    undo = step(LabelHow.UNDONE, second.key)
    assert steps_of([first, second]) == Steps((first.key, second.key))
    assert steps_of([first, second, undo]) == Steps((first.key,), (undo.key,))
    redo = step(LabelHow.REDONE, undo.key)
    assert steps_of([first, second, undo, redo]) == Steps((first.key, redo.key))


def test_that_a_new_gesture_ends_what_could_be_redone():
    first = step()
    undo, other = step(LabelHow.UNDONE, first.key), step()
    assert steps_of([first, undo, other]) == Steps((other.key,))


def test_that_a_hundred_steps_can_be_undone_and_redone():
    made = [step() for _ in range(STEPS_KEPT + 20)]
    steps = steps_of(made)
    assert steps.undo == tuple(one.key for one in made[20:])
    for _ in range(STEPS_KEPT):
        steps = steps.after(step(LabelHow.UNDONE, steps.undo[-1]))
    assert (len(steps.undo), len(steps.redo)) == (0, STEPS_KEPT)
    for _ in range(STEPS_KEPT):
        steps = steps.after(step(LabelHow.REDONE, steps.redo[-1]))
    assert (len(steps.undo), len(steps.redo)) == (STEPS_KEPT, 0)


def test_that_the_undo_of_a_gesture_older_than_the_history_can_be_redone():
    undo = step(LabelHow.UNDONE, uuid.uuid4())
    assert steps_of([undo]) == Steps((), (undo.key,))
