"""The engine: builds the pipeline from the configuration, runs it, stops it; with and without a window."""
