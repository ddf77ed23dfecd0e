"""What the window shows before there are plots: a first start, waiting, or a folder that cannot be seen."""
