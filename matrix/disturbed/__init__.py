"""Sessions that were disturbed on purpose: what that excuses, and how a pair coped."""
