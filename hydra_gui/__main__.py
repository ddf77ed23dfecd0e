"""`python -m hydra_gui` is `hydra-gui`."""

import sys

from hydra_gui.cli import main

if __name__ == "__main__":  # training starts a process that imports this module under another name
    sys.exit(main())
