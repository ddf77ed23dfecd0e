"""Roles: what the accounts of a hall may do. Values only; the store says which tables each right concerns."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum
from itertools import combinations

from backend.domain.errors import UnknownNameError


class Right(StrEnum):
    """One thing an account may do."""

    WATCH = "see everything"
    LABEL = "say what plots are"
    ANSWER = "acknowledge and shelve alerts"
    NOTICE = "tell that nobody can see"
    ALARM = "say what alarms"
    CONTRIBUTE = "add plots and classifications to label"
    TUNE = "set thresholds"
    REGISTER = "add models"
    ACTIVATE = "choose which model judges"
    REPROCESS = "let a model judge the archive"
    DESCRIBE = "describe plot types and classifications"
    FEED = "take plots in"
    JUDGE = "record verdicts"
    APPEAR = "show itself as a station"
    EXPIRE = "let images expire"
    CONFIGURE = "keep the history of its configuration"
    ADMINISTER = "change the schema"


class Role(StrEnum):
    """What an account is for. A station may hold two, "shift+engine", "engine+keeper"."""

    VIEWER = "viewer"
    SHIFT = "shift"
    LABELLER = "labeller"
    COORDINATOR = "coordinator"
    EXPERT = "expert"
    ENGINE = "engine"
    FEEDER = "feeder"
    KEEPER = "keeper"
    ADMINISTRATOR = "administrator"


_WINDOW = (Right.WATCH, Right.APPEAR)
_PERSON = (*_WINDOW, Right.LABEL, Right.ANSWER, Right.NOTICE)
_MODELS = (Right.TUNE, Right.REGISTER, Right.ACTIVATE, Right.REPROCESS)
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset(_WINDOW),
    Role.SHIFT: frozenset(_PERSON),
    Role.LABELLER: frozenset({*_PERSON, Right.CONTRIBUTE}),
    Role.COORDINATOR: frozenset({*_PERSON, Right.DESCRIBE, Right.ALARM}),
    Role.EXPERT: frozenset(
        {
            *_PERSON,
            Right.CONTRIBUTE,
            Right.TUNE,
            Right.REGISTER,
            Right.ACTIVATE,
            Right.REPROCESS,
            Right.DESCRIBE,
            Right.ALARM,
        }
    ),
    Role.ENGINE: frozenset({Right.WATCH, Right.FEED, Right.JUDGE, Right.NOTICE, Right.APPEAR, Right.CONFIGURE}),
    Role.FEEDER: frozenset({*_WINDOW, Right.FEED, Right.NOTICE}),
    Role.KEEPER: frozenset({*_WINDOW, Right.EXPIRE}),
    Role.ADMINISTRATOR: frozenset({Right.ADMINISTER}),
}
"""Roles by what they include. Nobody but the administrator may change or remove an entry of a history."""


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """What an account with all these roles may do."""
    return frozenset().union(*(RIGHTS[role] for role in roles))


def read_roles(text: str) -> frozenset[Role]:
    """Roles from "shift+engine"; UnknownNameError names those there are."""
    words = text.split("+")
    unknown = [word for word in words if word not in set(Role)]
    if unknown:
        raise UnknownNameError(
            f"There is no role {unknown[0]!r}. There are {', '.join(Role)}; two at once are written shift+engine."
        )
    roles = frozenset(map(Role, words))
    if Role.ADMINISTRATOR in roles and len(roles) > 1:
        raise UnknownNameError("The administrator may do everything in the database; name that role alone.")
    return roles


def write_roles(roles: Collection[Role]) -> str:
    """The reverse of `read_roles`; "" for none."""
    return "+".join(role for role in Role if role in roles)


def possible_roles() -> list[frozenset[Role]]:
    """Every role, then every pair, then every pair of others that keeps as well, each with rights of its own."""
    alone = [frozenset({role}) for role in Role]
    others = [role for role in Role if role is not Role.ADMINISTRATOR]
    found, seen = list(alone), {rights_of(roles) for roles in alone}
    pairs = list(map(frozenset, combinations(others, 2)))
    for several in [*pairs, *(pair | {Role.KEEPER} for pair in pairs if Role.KEEPER not in pair)]:
        if rights_of(several) not in seen:
            seen.add(rights_of(several))
            found.append(several)
    return found
