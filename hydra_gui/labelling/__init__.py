"""Labelling: the presenter of its screen, the model of plots, and the queue that never loses a label."""
