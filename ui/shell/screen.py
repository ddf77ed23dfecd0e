"""Screens as the window knows them."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QWidget


@dataclass(frozen=True, slots=True, eq=False)
class Screen:
    """One entry of the rail: `key` names it in code, `icon` is a file of resources/icons.

    Without a `widget` the place stays empty until `MainWindow.fill`: the window need not wait for all of them.
    """

    key: str
    title: str
    icon: str
    widget: QWidget | None = None
