"""The commands. Importing this package registers all of them."""

import hydra_gui.cli.commands.alerts
import hydra_gui.cli.commands.classify
import hydra_gui.cli.commands.database
import hydra_gui.cli.commands.demo
import hydra_gui.cli.commands.doctor
import hydra_gui.cli.commands.labels
import hydra_gui.cli.commands.model_files
import hydra_gui.cli.commands.models
import hydra_gui.cli.commands.serve
import hydra_gui.cli.commands.train  # noqa: F401
