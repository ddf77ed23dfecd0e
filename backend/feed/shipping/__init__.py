"""The sending end: files of a directory are spooled on disk, sent, and forgotten once the receiver has stored them."""
