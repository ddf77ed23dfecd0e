"""Composing images for item models off the window's thread, and keeping them within a budget of bytes."""
