"""Small widgets that several views use: words in a tone, symbols with words, buttons with keys."""
