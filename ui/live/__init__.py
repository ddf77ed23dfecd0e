"""The Live screen: attention pane, toolbar, grid and a place for the detail pane. Passive."""
