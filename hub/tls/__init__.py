"""TLS on either leg: contexts, the listener whose handshakes are recorded, and an event's own CA."""
