"""Values and rules of plot monitoring. Pure: no input or output, no threads, no clock of its own."""
