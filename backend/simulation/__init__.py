"""A hall that draws its own monitoring plots, with faults on demand. Knows nothing of the rest of the application."""
