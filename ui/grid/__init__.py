"""The image grid: one tile per plot type, as fast with 10,000 tiles as with 100."""
