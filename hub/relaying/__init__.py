"""A session, from the upgrade to its end: two legs, and a tap for each. Bytes cross unchanged (ADR 1)."""
