"""Plots that come over the network: the wire format, keys and addresses, and the receiving end.

The protocol is described for other programs in docs/feed.md. Sockets belong to the event loop that opens them.
"""
