"""Passive Qt views and their theme: they show what they are given and say what was clicked."""
