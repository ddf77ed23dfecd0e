"""The whole program: a bad plot on disk, a pop-up on the screen, an acknowledgement in the database."""

import asyncio
import time

from backend.domain.alert_policy import AlertPolicy
from backend.domain.alert_views import AlertQuery
from backend.domain.alerts import AlertState
from backend.store import Store
from hydra_gui.app import run_window
from tests.fakes.activation import activate_bundle
from tests.fakes.engines import settings_for
from tests.fakes.plots import write_plot

DARK, BRIGHT = 1, 0
_DEADLINE_S = 90.0


async def until(condition, what):
    deadline = time.monotonic() + _DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come about"
        await asyncio.sleep(0.02)


def test_that_a_bad_plot_on_disk_becomes_a_popup_that_is_acknowledged(qtbot, tmp_path):
    settings = settings_for(tmp_path)
    with Store.open(settings.store.effective_url, settings.store.data_dir) as store:
        activate_bundle(store, tmp_path / "bundles", "CDC_occupancy")
        store.alerts.set_policy("CDC_occupancy", AlertPolicy(needed=1, out_of=1), "tests")
    seen: list[int] = []

    async def crew(application):
        await until(lambda: application.alerts is not None, "the start")
        popup = application.alerts.notifier.popup
        popup.painted.connect(seen.append)
        write_plot(tmp_path / "inbox", "CDC_occupancy", 42, 0, number=BRIGHT)
        await until(lambda: application.live_screen.grid.model().rowCount() == 1, "the good plot")
        write_plot(tmp_path / "inbox", "CDC_occupancy", 42, 1, number=DARK)
        await until(lambda: seen and popup.pictures.reference.image is not None, "the painted pop-up")
        assert application.alert_banner.isVisible()
        popup.open_button.click()
        await until(lambda: application.live_screen.selected == "CDC_occupancy", "the plot on the Live screen")
        popup.acknowledge_button.click()
        await until(popup.isHidden, "the end of the pop-up")
        application.window.close()

    assert run_window(settings, crew, tmp_path / "window.json") == 0
    with Store.open(settings.store.effective_url, settings.store.data_dir) as store:
        [alert] = store.alerts.history(AlertQuery())
        assert (alert.state, alert.who != "") == (AlertState.ACKNOWLEDGED, True)
