"""The detail pane: one plot large, why it was judged as it was, and what to do."""
