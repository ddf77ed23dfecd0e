"""The demo: the same window on a simulated hall, in a store that is thrown away."""
