"""Labelling together: who labelled how much, who disagrees, and labelling away from the hall."""
