"""Write the reference pages from the program itself, then check that every link in the documentation leads somewhere.

`--check` writes nothing and fails where a page is out of date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from typer.main import get_command

from backend.config import Settings, section_within
from hydra_gui.cli import commands  # noqa: F401 - registers them
from hydra_gui.cli.program import app

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_NOTE = "<!-- Written by `make docs`; do not edit. -->\n\n"


def pages() -> dict[Path, str]:
    """Every generated page with its text."""
    return {
        REFERENCE / "commands.md": _NOTE + commands_page(),
        REFERENCE / "configuration.md": _NOTE + configuration_page(),
    }


def commands_page() -> str:
    """Every command with its arguments and options."""
    root = get_command(app)
    return "# Commands\n\n" + "\n".join(_command("hydra-gui", root))


def _command(path: str, command: object) -> Iterator[str]:
    yield f"## `{path}`\n"
    yield f"{(getattr(command, 'help', '') or '').strip()}\n"
    parameters = [p for p in command.params if p.name not in ("help", "install_completion", "show_completion")]  # type: ignore[attr-defined]
    if parameters:
        yield "| | |\n|---|---|"
        yield from (f"| `{_usage(parameter)}` | {_meaning(parameter)} |" for parameter in parameters)
        yield ""
    for name, inner in sorted(getattr(command, "commands", {}).items()):
        yield from _command(f"{path} {name}", inner)


def _usage(parameter: object) -> str:
    if parameter.param_type_name == "argument":  # type: ignore[attr-defined]
        return str(parameter.name).upper()  # type: ignore[attr-defined]
    return ", ".join((*parameter.opts, *parameter.secondary_opts))  # type: ignore[attr-defined]


def _meaning(parameter: object) -> str:
    words = (getattr(parameter, "help", "") or "").replace("|", "\\|")
    default = getattr(parameter, "default", None)
    plain = isinstance(default, int | float | str) and not isinstance(default, bool) and default != ""
    return f"{words} Default: {default}." if plain else words


def configuration_page() -> str:
    """Every section and key with its type and default."""
    lines = ["# Configuration\n", "Defaults, then the TOML file, then variables, then the command line.\n"]
    for name, field in Settings.model_fields.items():
        lines += _section(name, field.annotation)
    return "\n".join(lines)


def _section(name: str, section: object, heading: str = "") -> list[str]:
    """A section, and behind it those within; `heading` where there may be several of it."""
    assert isinstance(section, type)
    assert issubclass(section, BaseModel)
    heading, several = heading or f"[{name}]", bool(heading)
    about = cleandoc(section.__doc__ or "").replace(heading, "", 1).strip(" :")
    inner = {key: within for key, field in section.model_fields.items() if (within := section_within(field.annotation))}
    keys = [_key("" if several else name, key, section) for key in section.model_fields if key not in inner]
    lines = [f"## {heading}\n", f"{about}\n".lstrip()]
    if keys and several:
        lines += ["| key | type | default |", "|---|---|---|", *keys]
    elif keys:
        lines += ["| key | variable | type | default |", "|---|---|---|---|", *keys]
    lines.append("")
    for key, within in inner.items():
        lines += _section(f"{name}.{key}", within, _heading(f"{name}.{key}", section.model_fields[key].annotation))
    return lines


def _heading(name: str, annotation: object) -> str:
    """As several of a section are written in the file; "" for one."""
    if get_origin(annotation) is dict:
        return f'[{name}."NAME"]'
    return f"[[{name}]]" if get_origin(annotation) is tuple else ""


def _key(section: str, key: str, model: type[BaseModel]) -> str:
    field = model.model_fields[key]
    kind = str(getattr(field.annotation, "__name__", field.annotation)).replace("|", "or").replace("pathlib.", "")
    default = "depends on the machine" if field.default is PydanticUndefined else _default(field.default)
    if field.is_required() or field.default_factory is dict:
        default = "must be given" if field.is_required() else "none"
    variable = f" `HYDRA_{section.upper().replace('.', '__')}__{key.upper()}` |" if section else ""
    return f"| `{key}` |{variable} {kind} | {default} |"


def _default(value: object) -> str:
    return "none" if value is None else '""' if value == "" else f"`{value}`"


def broken_links() -> list[str]:
    """Links in Markdown files that lead to no file or no heading of this tree."""
    documents = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [
        f"{document.relative_to(ROOT)}: {target}"
        for document in documents
        for target in _LINK.findall(document.read_text())
        if not target.startswith(("http:", "https:")) and not _leads_somewhere(document, target)
    ]


def _leads_somewhere(document: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    file = (document.parent / name) if name else document
    if not file.exists():
        return False
    return not anchor or anchor in {_anchor(heading) for heading in _HEADING.findall(file.read_text())}


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def main(check: bool) -> int:
    """Write or check; the exit status."""
    stale = []
    for path, text in pages().items():
        if not path.exists() or path.read_text() != text:
            stale.append(f"{path.relative_to(ROOT)} is out of date; run make docs")
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
    problems = broken_links() + (stale if check else [])
    sys.stdout.write("".join(f"{problem}\n" for problem in problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
