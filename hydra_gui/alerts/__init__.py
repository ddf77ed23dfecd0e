"""Alerts in the window: models, presenters, sound."""
