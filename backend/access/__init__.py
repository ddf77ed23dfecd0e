"""Access: how a station gets into the shared database. Secrets, TLS, and the one way to open a configured store."""
