"""Bringing what a database with Hydra's tables holds. That database is only read."""
