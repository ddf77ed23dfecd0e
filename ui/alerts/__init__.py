"""Alerts as people see them: the screen, the banner over every screen, the pop-up."""
