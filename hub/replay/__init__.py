"""Recorded sessions played against live peers: sockets and disk; what is said and when is `matrix.replay`'s."""
