"""On a real display with a window manager: the pop-up comes up on top, and whoever types elsewhere types on."""

import sys
from pathlib import Path

from tests.fakes.desktop import Desktop, need_desktop

ROOT = Path(__file__).resolve().parents[2]

EDITOR = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication, QLineEdit
app = QApplication([])
line = QLineEdit()
line.setWindowTitle("somebody's editor")
line.textChanged.connect(lambda text: Path(sys.argv[1]).write_text(text))
line.resize(600, 60)
line.show()
app.exec()
"""

ALERTING = """
import asyncio, sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
app = QApplication([])
from tests.fakes.alert_rig import AlertRig
from tests.fakes.alerts import alert
from tests.fakes.tiles import make_tile
place = Path(sys.argv[1])
async def wait_for(name):
    while not (place / name).exists():
        await asyncio.sleep(0.02)
with AlertRig([make_tile("CDC_occupancy", plot_id=7)]) as rig:
    rig.window.setWindowTitle("the hall")
    async def play():
        (place / "open").touch()
        await wait_for("raise")
        rig.popup.painted.connect(lambda _: (place / "painted").touch())
        rig.engine.raise_alerts(alert(1))
        await wait_for("end")
        (place / "acts").write_text(repr(rig.engine.acts))
    rig.run(play)
"""


def test_that_the_popup_comes_up_without_taking_the_keyboard(tmp_path):
    need_desktop()
    typed = tmp_path / "typed"
    with Desktop() as desktop:
        alerting = desktop.start(sys.executable, "-c", ALERTING, str(tmp_path), cwd=ROOT)
        desktop.until((tmp_path / "open").exists, "the window")
        desktop.until(lambda: seen(desktop, "the hall"), "the window on screen")
        desktop.start(sys.executable, "-c", EDITOR, str(typed))
        desktop.until(lambda: seen(desktop, "somebody's editor"), "the editor")
        editor = seen(desktop, "somebody's editor")[-1]
        desktop.xdotool("windowactivate", "--sync", editor)
        desktop.xdotool("type", "--delay", "20", "beam ")
        desktop.until(lambda: typed.exists() and typed.read_text() == "beam ", "what was typed")

        (tmp_path / "raise").touch()
        desktop.until((tmp_path / "painted").exists, "the pop-up")
        desktop.until(
            lambda: desktop.xdotool("search", "--onlyvisible", "--name", "Hydra alert"), "the pop-up on screen"
        )
        assert desktop.xdotool("getactivewindow") == editor
        desktop.xdotool("type", "--delay", "20", "is stable")
        desktop.until(lambda: typed.read_text() == "beam is stable", "what was typed on")

        click_on_acknowledge(desktop)
        (tmp_path / "end").touch()
        assert alerting.wait(60) == 0, desktop.log()
        assert (tmp_path / "acts").read_text() == "[('acknowledge', [1])]"
        assert desktop.xdotool("getactivewindow") == editor, "a click on the pop-up does not take it either"


def seen(desktop, title):
    """Windows of this title that can be seen."""
    return desktop.xdotool("search", "--onlyvisible", "--name", title).split()


def click_on_acknowledge(desktop):
    """The primary button, in the lower left of the pop-up."""
    popup = seen(desktop, "Hydra alert")[-1]
    place = dict(line.split("=") for line in desktop.xdotool("getwindowgeometry", "--shell", popup).splitlines())
    x, y = int(place["X"]) + 70, int(place["Y"]) + int(place["HEIGHT"]) - 36
    desktop.xdotool("mousemove", str(x), str(y), "click", "1")
    desktop.until(lambda: not seen(desktop, "Hydra alert"), "the end of the pop-up")
