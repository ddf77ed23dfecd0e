"""Labelling away from the hall: label bundles are made, looked through, and their labels brought home."""
