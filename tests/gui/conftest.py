"""Off screen, one appearance, one font: what every test of the window stands on."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
