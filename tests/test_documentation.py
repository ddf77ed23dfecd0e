import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from hydra_gui.cli import commands
from hydra_gui.cli.program import app

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def build_docs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_docs", ROOT / "scripts" / "build_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_that_the_reference_is_what_the_program_says(build_docs: ModuleType) -> None:
    stale = [path.name for path, text in build_docs.pages().items() if path.read_text() != text]
    assert stale == [], "run `make docs`"


def test_that_every_link_leads_somewhere(build_docs: ModuleType) -> None:
    assert build_docs.broken_links() == []


def test_that_the_guide_speaks_of_every_command() -> None:
    assert commands.__name__
    guide = (ROOT / "docs" / "user-guide.md").read_text()
    groups = {group.name for group in app.registered_groups}
    single = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert {name for name in groups | single if name and not re.search(rf"`(hydra-gui )?{name}\b", guide)} == set()


def test_that_the_documentation_names_no_machine() -> None:
    texts = [
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        ROOT / "constraints.txt",
        *sorted((ROOT / "docs").rglob("*.md")),
    ]
    assert [path.name for path in texts if re.search(r"(/home/|/root/|/tmp/|index-url)", path.read_text())] == []
