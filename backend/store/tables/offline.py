"""Tables for labelling away from the hall: which store this is, and the label bundles that left it.

A label bundle is an SQLite file with all the tables of a store. In it `label_bundles` has one row, which says what it
is; in the hall's store the same row is the proof of what was handed out.
"""

from __future__ import annotations

from sqlalchemy import Column, Integer, Text, Uuid
from sqlalchemy.dialects import mysql

from backend.store.tables.base import table
from backend.store.tables.entries import entry
from backend.store.types import Digest, UtcDateTime

# One row, drawn when the schema was made and never changed: a copy of the database on another server is the same hall.
hall_identity = table(
    "hall_identity",
    Column("id", Integer, primary_key=True),
    Column("hall", Uuid(native_uuid=False), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)

# `digest` is of `manifest`, a JSON object that in turn holds the digests of what the bundle contains.
label_bundles = table(
    "label_bundles",
    *entry(
        Column("digest", Digest, nullable=False),
        Column("manifest", Text().with_variant(mysql.MEDIUMTEXT(), "mysql"), nullable=False),
    ),
)
