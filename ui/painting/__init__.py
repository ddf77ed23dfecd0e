"""Pictures composed outside the GUI thread."""
