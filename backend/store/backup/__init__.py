"""Backup and restore: the whole store as one SQLite file, read from any database and brought into any."""
