"""Webhooks of chat servers: Slack, Mattermost, Teams, or a plain form for scripts. Text only; chat holds no picture."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from backend.alarms.http import Way
from backend.alarms.message import Message
from backend.config_alarms import Form, check_address
from backend.domain.classifications import Severity
from backend.domain.errors import DeliveryError

_SYMBOLS = {Severity.ALARM: "▲", Severity.WARNING: "◆", Severity.INFORMATION: "○"}


class Webhook:
    """Sends to one address, which is a secret: `address` looks it up when it is needed."""

    def __init__(self, name: str, form: Form, way: Way, address: Callable[[], str | None]) -> None:
        self._name, self._form, self._way, self._address = name, form, way, address

    def send(self, message: Message) -> str:
        """See `Adapter`."""
        url = self._address()
        if not url:
            raise DeliveryError(f"the address of {self._name} is not kept here: run `hydra-gui alerts login NAME`")
        try:
            check_address(url)
        except ValueError as error:
            raise DeliveryError(f"the address of {self._name} cannot be used: {error}") from None
        body = json.dumps(written(message, self._form), ensure_ascii=False).encode()
        answer = self._way.post(url, body, "application/json")
        if answer.status >= 300:
            raise DeliveryError(f"it was sent elsewhere ({answer.status}): the address of {self._name} has moved")
        return f"accepted ({answer.status})"


def written(message: Message, form: Form) -> dict[str, Any]:
    """The JSON that a chat server expects. Names of plots are no markup, and lead nowhere."""
    title = f"{_SYMBOLS.get(message.severity, '–')} {message.subject}"
    facts = "\n".join(f"{name}: {value}" for name, value in message.fields.items())
    text = "\n\n".join(part for part in (message.text, facts) if part)
    if form is Form.SLACK:
        return {"text": _plain_slack(f"{title}\n{text}")}
    if form is Form.MATTERMOST:
        return {"text": f"#### {_plain_markdown(title)}\n{_plain_markdown(text)}"}
    if form is Form.TEAMS:
        return _card(title, text)
    return {
        "key": message.key,
        "severity": message.severity.word,
        "subject": message.subject,
        "text": message.text,
        "fields": dict(message.fields),
    }


def _card(title: str, text: str) -> dict[str, Any]:
    """An adaptive card in the envelope that workflows take."""
    blocks = [
        {"type": "TextBlock", "text": _plain_markdown(title), "weight": "Bolder", "size": "Medium", "wrap": True},
        {"type": "TextBlock", "text": _plain_markdown(text), "wrap": True},
    ]
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": content}
    return {"type": "message", "attachments": [attachment]}


def _plain_slack(text: str) -> str:
    """So that nobody is called by `<!channel>` in the name of a plot."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain_markdown(text: str) -> str:
    """Underscores are in every plot's name; `@` would call people, brackets make links."""
    for mark in "\\`*_[]#~|":
        text = text.replace(mark, f"\\{mark}")
    return text.replace("@", "@\u200b").replace("://", ":\u200b//").replace("<", "&lt;")
