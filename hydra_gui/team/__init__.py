"""Presenters of labelling together: statistics, disagreements, label bundles and their way home."""
