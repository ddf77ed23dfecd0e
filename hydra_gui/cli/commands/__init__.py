"""The commands. Importing this package registers all of them."""

import hydra_gui.cli.commands.accounts
import hydra_gui.cli.commands.alerts
import hydra_gui.cli.commands.alerts_elsewhere
import hydra_gui.cli.commands.audit
import hydra_gui.cli.commands.backup
import hydra_gui.cli.commands.bundle
import hydra_gui.cli.commands.classify
import hydra_gui.cli.commands.collect
import hydra_gui.cli.commands.database
import hydra_gui.cli.commands.demo
import hydra_gui.cli.commands.doctor
import hydra_gui.cli.commands.feed
import hydra_gui.cli.commands.import_hydra
import hydra_gui.cli.commands.labels
import hydra_gui.cli.commands.login
import hydra_gui.cli.commands.model_files
import hydra_gui.cli.commands.models
import hydra_gui.cli.commands.serve
import hydra_gui.cli.commands.stations
import hydra_gui.cli.commands.train  # noqa: F401
