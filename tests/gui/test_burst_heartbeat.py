"""73 plots at once, through the whole application: the window never waits."""

import asyncio
import time

import pytest

from backend.domain.health import Condition
from backend.simulation.catalogue import plot_types
from backend.simulation.writing import write_cycle
from backend.store import Store
from hydra_gui.app import run_window
from tests.fakes.activation import activate_bundle
from tests.fakes.engines import settings_for
from tests.fakes.heartbeat import Heartbeat
from tests.fakes.machine import slowness

PLOTS = 73
LONGEST_GAP_S = 0.050
DEADLINE_S = 60
NAMES = [kind.name for kind in plot_types(4)[:PLOTS]]


async def until(condition):
    end = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end, "not in time"
        await asyncio.sleep(0.01)


def prepare(place):
    with Store.open(f"sqlite:///{place / 'data' / 'hydra.db'}", place / "data") as store:
        model_id = activate_bundle(store, place / "bundles", NAMES[0])
        for name in NAMES[1:]:
            store.models.activate(model_id, "tests", name)


class Burst:
    """Beside the window: a first burst warms everything up, the second is measured."""

    def __init__(self, place):
        self.place, self.heart, self.trouble = place, Heartbeat(), None

    async def beside(self, application):
        try:
            await self.measure(application)
        except Exception as error:
            self.trouble = error
        finally:
            application.window.close()

    async def measure(self, application):
        application.window.resize(1680, 1000)
        await until(lambda: application.presenter is not None)
        while (await application.engine.view()).status.health.inference.condition is not Condition.OK:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        for number in (1, 2):
            paths = await asyncio.to_thread(write_cycle, self.place / "staging", number, NAMES, 121_266, number)
            if number == 2:
                self.heart.start()
            for path in paths:
                target = self.place / "inbox" / path.relative_to(self.place / "staging")
                target.parent.mkdir(parents=True, exist_ok=True)
                path.rename(target)
            judged = PLOTS * number
            while (await application.engine.view()).status.judged < judged:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.5)  # the last tiles are painted
        self.heart.stop()


@pytest.mark.timed
@pytest.mark.timeout(300)
def test_that_the_window_never_waits_while_73_plots_arrive_at_once(qapp, tmp_path):
    prepare(tmp_path)
    burst = Burst(tmp_path)
    run_window(settings_for(tmp_path), burst.beside, tmp_path / "window.json")
    assert burst.trouble is None, burst.trouble
    assert burst.heart.beats > 50
    assert burst.heart.longest()[0] <= LONGEST_GAP_S * slowness(), burst.heart.longest(5)
