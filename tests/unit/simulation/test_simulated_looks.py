"""Looks: the plot types of other halls, as different as they may be, and each the same every time."""

import numpy as np
import pytest

from backend.simulation.catalogue import CATALOGUE, MODELS
from backend.simulation.conditions import RunConditions
from backend.simulation.drawing import draw
from backend.simulation.frames import frames
from backend.simulation.lettering import lettering, typeface
from backend.simulation.looks import USUAL, Look

NAMES = [kind.name for kind in CATALOGUE]
RUN = RunConditions.of(12345)


def pixels(name: str, look: Look, **how: object) -> np.ndarray:
    return np.asarray(draw(name, np.random.default_rng(3), look=look, **how).image)


@pytest.mark.parametrize("name", NAMES)
def test_that_a_look_draws_the_same_pixels_again_and_another_look_others(name: str) -> None:
    one = pixels(name, Look(1), run=RUN)
    assert one.tobytes() == pixels(name, Look(1), run=RUN).tobytes()
    assert one.tobytes() != pixels(name, Look(2), run=RUN).tobytes()
    assert one.tobytes() != pixels(name, USUAL, run=RUN).tobytes()


def test_that_the_usual_look_changes_nothing() -> None:
    model = MODELS["TOF_bars"]
    assert USUAL.model(model) is model
    assert USUAL.run(RUN) is RUN
    assert USUAL.typeface is None


def test_that_plots_of_one_look_have_one_canvas_and_differ_as_runs_do() -> None:
    drawn = [draw("TOF_bars", np.random.default_rng(seed), look=Look(4)).image for seed in range(6)]
    assert len({image.size for image in drawn}) == 1
    assert len({image.tobytes() for image in drawn}) == 6


def test_that_canvases_fonts_and_styles_vary() -> None:
    looks = [Look(seed) for seed in range(60)]
    assert len({look.run(RUN).size for look in looks}) > 50
    assert len({look.typeface for look in looks}) == 4
    assert len({look.model(MODELS["TOF_bars"]).figure for look in looks}) > 50


@pytest.mark.parametrize("name", NAMES)
def test_that_every_panel_of_any_look_has_room_for_its_data(name: str) -> None:
    for seed in range(120):
        look = Look(seed)
        figure = look.model(MODELS[name]).figure
        made = frames(look.run(RUN).size, figure.rows, figure.columns, bar=hasattr(figure, "cells"))  # type: ignore[attr-defined]
        assert min(min(frame.width, frame.height) for frame in made) >= 12, seed


@pytest.mark.parametrize("name", NAMES)
def test_that_faults_are_where_a_look_says_they_are(name: str) -> None:
    kind = next(kind for kind in CATALOGUE if kind.name == name)
    for seed, fault in enumerate(kind.faults):
        drawing = draw(name, np.random.default_rng(seed), fault=fault, strength=1.0, look=Look(seed))
        assert drawing.region is not None
        left, top, right, bottom = drawing.region
        assert 0 <= left < right <= 1
        assert 0 <= top < bottom <= 1


def test_that_rates_keep_their_sum_and_their_dead_channels() -> None:
    model = MODELS["FDC_cathodes"]
    other = Look(7).model(model)
    before, after = (m.rates(RUN, RUN.generator(m.name)) for m in (model, other))
    assert after.sum() == pytest.approx(before.sum())
    assert (after == 0).sum() == (before == 0).sum()
    assert not np.allclose(after, before, rtol=0.05)


def test_that_a_font_holds_for_its_block_alone() -> None:
    files = {Look(seed).typeface for seed in range(40)} - {None}
    usual = lettering("Entries 12", 20)
    with typeface(files.pop()):
        other = lettering("Entries 12", 20)
    assert other.tobytes() != usual.tobytes()
    assert lettering("Entries 12", 20).tobytes() == usual.tobytes()
