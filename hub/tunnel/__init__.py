"""CSMSes and stations behind NAT: the agent beside them, the hub's end, and what both say (docs/tunnel.md)."""
