"""A trial of bringing labels home: people label in the hall and on laptops, files are copied, late, repeated, torn off.

Nothing of the program is told what is right: every entry carries what its giver could know, from which the trial works
out at the end which words were left standing and which two people must be shown.
"""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from backend.domain.disagreements import Said, origin_of
from backend.domain.errors import StoreUnavailableError
from backend.domain.labelling import steps_of
from backend.domain.labels import Gesture, LabelEvent, LabelHow, Reversal
from backend.offline import applying
from backend.offline.disagreeing import disagreements
from backend.offline.merging import merge, read_said
from backend.store import Store
from tests.fakes.offline import KIND, fill_hall, made_bundle, open_laptop

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Thousands of commits are waited for; a disk that is pulled out is tried elsewhere."""

PLOTS = 4
PEOPLE = ("ann", "bea", "cal")
WORDS = ("Good", "Bad", "Noisy", None)
BOOKKEEPING = {LabelHow.KEPT, LabelHow.RESUMED}

people = st.sampled_from(PEOPLE)
words = st.sampled_from(WORDS)
some = st.sets(st.integers(0, PLOTS - 1), min_size=1, max_size=3)
skews = st.sampled_from((-4000, -1, 0, 0, 0, 1, 4000))
choice = st.integers(0, 10**6)


@dataclass(eq=False)
class Laptop:
    """A bundle that somebody labels in."""

    path: Path
    store: Store


@dataclass
class Ledger:
    """Every word that was said anywhere: by key, with the keys its giver could know of the same plot."""

    knew: dict[uuid.UUID, frozenset[uuid.UUID]] = field(default_factory=dict)
    made: dict[int, list[uuid.UUID]] = field(default_factory=dict)


class LabelSync(RuleBasedStateMachine):
    """Subclasses say where the hall's store comes from."""

    template: Callable[[Path], Store]

    def __init__(self) -> None:
        super().__init__()
        self._exits = ExitStack()
        self.place = Path(self._exits.enter_context(tempfile.TemporaryDirectory(dir=MEMORY)))
        self.hall = self._exits.enter_context(type(self).template(self.place))
        self.plots = fill_hall(self.hall, PLOTS)
        self.ids = [plot.plot_id for plot in self.plots]
        self.laptops: list[Laptop] = []
        self.under_way: list[Path] = []
        self.ledger = Ledger()

    @initialize()
    def begin(self) -> None:
        self.take_along()

    # What people do.

    @rule(who=people, plots=some, word=words, skew=skews)
    def label_in_the_hall(self, who: str, plots: set[int], word: str | None, skew: int) -> None:
        self._label(self.hall, who, plots, word, skew)

    @rule(laptop=choice, who=people, plots=some, word=words, skew=skews)
    def label_on_a_laptop(self, laptop: int, who: str, plots: set[int], word: str | None, skew: int) -> None:
        self._label(self._laptop(laptop).store, who, plots, word, skew)

    @rule(who=people)
    def undo_in_the_hall(self, who: str) -> None:
        self._undo(self.hall, who)

    @rule(laptop=choice, who=people, again=st.booleans())
    def undo_on_a_laptop(self, laptop: int, who: str, again: bool) -> None:
        store = self._laptop(laptop).store
        self._undo(store, who)
        if again:
            self._undo(store, who, redo=True)

    @rule(which=choice, who=people, word=words)
    def settle(self, which: int, who: str, word: str | None) -> None:
        found = disagreements(self.hall)
        if found:
            plot = found[which % len(found)].plot
            self._label(self.hall, who, {self.ids.index(plot.plot_id)}, word, 0, LabelHow.SETTLED)

    @precondition(lambda self: len(self.laptops) < 3)
    @rule()
    def take_along(self) -> None:
        path = made_bundle(self.hall, self.place, name=f"bundle{len(self.laptops)}-{uuid.uuid4().hex[:6]}")
        self._open(path)

    @precondition(lambda self: len(self.laptops) < 3)
    @rule(laptop=choice)
    def give_a_copy_to_another_laptop(self, laptop: int) -> None:
        self._open(self._copy(laptop))

    @rule(laptop=choice)
    def send(self, laptop: int) -> None:
        """A copy is on its way and arrives some time, or several times, or after a later one."""
        self.under_way.append(self._copy(laptop))

    @precondition(lambda self: self.under_way)
    @rule(which=choice, portion=st.integers(1, 6), breaks_at=st.integers(0, 4), after=st.booleans())
    def arrive(self, which: int, portion: int, breaks_at: int, after: bool) -> None:
        self._apply(self.under_way[which % len(self.under_way)], portion, breaks_at, after)

    @rule(laptop=choice, portion=st.integers(1, 6), breaks_at=st.integers(0, 4), after=st.booleans())
    def sync(self, laptop: int, portion: int, breaks_at: int, after: bool) -> None:
        self._apply(self._laptop(laptop).path, portion, breaks_at, after)

    # What must hold.

    def teardown(self) -> None:
        try:
            if self.laptops:
                for laptop in (*self.laptops, *reversed(self.laptops)):
                    applying.apply_bundle(self.hall, laptop.path)
                self._check()
        finally:
            self._exits.close()

    def _check(self) -> None:
        histories = self._said(self.hall)
        keys = Counter(entry.key for history in histories.values() for entry in history)
        said = set(self.ledger.knew)
        real = {e.key for history in histories.values() for e in history if e.how not in BOOKKEEPING}
        assert said - real == set(), "lost"
        assert real - said == set(), "made up"
        assert set(keys.values()) <= {1}, "doubled"
        for laptop in self.laptops:
            for plot_id, theirs in self._said(laptop.store).items():
                order = [entry.key for entry in histories[plot_id] if entry.key in {one.key for one in theirs}]
                assert order == [entry.key for entry in theirs], "out of order"
        disputed = {(one.plot.plot_id, one.dispute.late.key) for one in disagreements(self.hall)}
        for plot_id, history in histories.items():
            self._check_plot(plot_id, history, {key for number, key in disputed if number == plot_id})

    def _check_plot(self, plot_id: int, history: list[Said], disputed: set[uuid.UUID]) -> None:
        """Words that nobody overruled knowingly agree with the label that counts, or are shown as a disagreement."""
        real = [entry for entry in history if entry.how not in BOOKKEEPING]
        if not real:
            return
        counts = origin_of(history, len(history) - 1)
        overruled = {key for entry in real for key in self.ledger.knew[entry.key]}
        for place, entry in enumerate(real):
            spoke_again = any(later.who == entry.who for later in real[place + 1 :])
            takes_back = entry.how == LabelHow.UNDONE or entry.label is None
            if entry.key in overruled or spoke_again or takes_back or entry.label == counts.label:
                continue
            assert entry.key in disputed, f"plot {plot_id}: {entry} was covered silently by {counts}: {history}"

    # How it is done.

    def _laptop(self, number: int) -> Laptop:
        return self.laptops[number % len(self.laptops)]

    def _open(self, path: Path) -> None:
        self.laptops.append(Laptop(path, self._exits.enter_context(open_laptop(path, self.place))))

    def _copy(self, laptop: int) -> Path:
        return Path(shutil.copy(self._laptop(laptop).path, self.place / f"{uuid.uuid4().hex}.hydralabels"))

    def _said(self, store: Store) -> dict[int, list[Said]]:
        return store.database.read(lambda connection: read_said(connection, self.ids))

    def _note(self, store: Store, before: dict[int, list[Said]]) -> None:
        for plot_id, history in self._said(store).items():
            for place in range(len(before[plot_id]), len(history)):
                self.ledger.knew[history[place].key] = frozenset(entry.key for entry in history[:place])

    def _label(
        self,
        store: Store,
        who: str,
        plots: set[int],
        word: str | None,
        skew: int,
        how: LabelHow = LabelHow.PAINTED,
    ) -> None:
        before = self._said(store)
        events = tuple(LabelEvent(self.ids[number], word, how) for number in sorted(plots))
        at = datetime.now(UTC) + timedelta(days=skew)
        store.gestures.record(Gesture(uuid.uuid4(), KIND, who, at, events))
        self._note(store, before)

    def _undo(self, store: Store, who: str, *, redo: bool = False) -> None:
        steps = steps_of(store.gestures.steps(KIND, who))
        keys = steps.redo if redo else steps.undo
        if keys:
            before = self._said(store)
            how = LabelHow.REDONE if redo else LabelHow.UNDONE
            store.gestures.revert(Reversal(uuid.uuid4(), KIND, who, datetime.now(UTC), keys[-1], how))
            self._note(store, before)

    def _apply(self, path: Path, portion: int, breaks_at: int, after: bool) -> None:
        """Bring labels home over a line that breaks at a portion (0: never), before or after its commit."""
        left = [breaks_at]

        def breaking(connection: object, given: object) -> object:
            left[0] -= 1
            done = merge(connection, given)  # type: ignore[arg-type]
            if left[0] == 0 and not after:
                raise StoreUnavailableError("the line broke before the commit")
            return done

        def told(done: int, of: int) -> bool:
            if left[0] == 0 and after:
                raise StoreUnavailableError("the line broke after the commit")
            return True

        with mock.patch.object(applying, "_PORTION", portion), mock.patch.object(applying, "merge", breaking):
            try:
                applying.apply_bundle(self.hall, path, on_progress=told)
            except StoreUnavailableError:
                return
