"""The visual language in one place: tokens, symbols, fonts, icons, and how they reach the application."""
