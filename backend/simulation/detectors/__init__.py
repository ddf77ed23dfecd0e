"""The simulated detectors, one module per group of plot types."""
