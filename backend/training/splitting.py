"""Which samples validate: whole runs are drawn, so that no run is on both sides; every label is on both if it can.

Pure functions of labels and runs. Plots of one run look alike: a split by image would test on what was learnt.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.training.samples import Part, Sample

Group = Hashable


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """`validates` is bool of shape (samples,); `notes` say where the split had to fall short."""

    validates: NDArray[np.bool_]
    notes: tuple[str, ...]


def split(samples: Sequence[Sample], fraction: float, seed: int) -> Split:
    """Draw about `fraction` (over 0, below 1) of every label for validation, in whole runs.

    A label in at least two runs is on both sides. Where all samples are of one run, single images are drawn instead,
    which is noted: the figures are then too good.
    """
    groups = [_group(sample, position) for position, sample in enumerate(samples)]
    notes = _notes_on_force(samples, groups)
    chosen = _draw(samples, groups, fraction, seed)
    if not any(chosen.values()) and not any(sample.forced == Part.VALIDATE for sample in samples):
        groups = list(range(len(samples)))
        chosen = _draw(samples, groups, fraction, seed)
        notes.append(
            "All plots are of one run, so single plots validate: the figures say how well this run was learnt, "
            "not how others will be judged. Label plots of more runs."
        )
    side = [_validates(sample, chosen[group]) for sample, group in zip(samples, groups, strict=True)]
    validates = np.array(side, dtype=np.bool_)
    return Split(validates, (*notes, *_notes_on_labels(samples, validates)))


def _group(sample: Sample, position: int) -> Group:
    return sample.run if sample.run else ("simulated", position)


def _validates(sample: Sample, group_validates: bool) -> bool:
    if sample.forced is not None:
        return sample.forced == Part.VALIDATE
    return group_validates and not sample.synthetic


def _draw(samples: Sequence[Sample], groups: Sequence[Group], fraction: float, seed: int) -> dict[Group, bool]:
    """Which groups validate. Labels are served from the rarest to the commonest, each from its runs at random."""
    content: dict[Group, Counter[str]] = defaultdict(Counter)
    for sample, group in zip(samples, groups, strict=True):
        if not sample.synthetic:
            content[group][sample.label] += 1
    chosen = {group: _forced(samples, groups).get(group) is Part.VALIDATE for group in dict.fromkeys(groups)}
    totals = sum(content.values(), Counter[str]())
    movable = [group for group in content if group not in _forced(samples, groups)]
    order = np.random.default_rng(seed).permutation(len(movable))
    for label in sorted(totals, key=lambda name: (totals[name], name)):
        _serve(label, [movable[place] for place in order], content, chosen, max(1.0, fraction * totals[label]))
    return chosen


def _serve(
    label: str,
    candidates: Sequence[Group],
    content: Mapping[Group, Counter[str]],
    chosen: dict[Group, bool],
    wanted: float,
) -> None:
    """Move groups over to validation until it has about `wanted` images of the label."""
    have = sum(content[group][label] for group in content if chosen[group])
    for group in candidates:
        gain = content[group][label]
        # Half a group more than wanted is as good as half a group less, but none at all is not.
        if not gain or chosen[group] or (have and have + gain / 2 > wanted):
            continue
        if _spares(group, content, chosen):
            chosen[group] = True
            have += gain


def _spares(group: Group, content: Mapping[Group, Counter[str]], chosen: Mapping[Group, bool]) -> bool:
    """Whether training keeps another run of every label in this group."""
    kept = [other for other in content if other != group and not chosen[other]]
    return all(any(content[other][label] for other in kept) for label in content[group])


def _forced(samples: Sequence[Sample], groups: Sequence[Group]) -> dict[Group, Part]:
    """Where groups with forced samples go as a whole; training where they are forced both ways."""
    forced: dict[Group, Part] = {}
    for sample, group in zip(samples, groups, strict=True):
        if sample.forced is not None:
            part = Part(sample.forced)
            forced[group] = part if forced.get(group, part) is part else Part.TRAIN
    return forced


def _notes_on_force(samples: Sequence[Sample], groups: Sequence[Group]) -> list[str]:
    ways: dict[Group, set[Part]] = defaultdict(set)
    for sample, group in zip(samples, groups, strict=True):
        if sample.forced is not None:
            ways[group].add(Part(sample.forced))
    torn = sorted(str(group) for group, parts in ways.items() if len(parts) > 1)
    return [f"Forced into both parts, so on both sides of the split: run {', '.join(torn)}."] if torn else []


def _notes_on_labels(samples: Sequence[Sample], validates: NDArray[np.bool_]) -> list[str]:
    counts = Counter((sample.label, bool(side)) for sample, side in zip(samples, validates, strict=True))
    labels = sorted({sample.label for sample in samples})
    return [
        f"No plot of {label} validates, because all of them are of one run, synthetic or forced into training: "
        "how well it is recognised is not known."
        for label in labels
        if not counts[label, True]
    ]
