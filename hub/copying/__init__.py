"""New recordings out of others: merged, trimmed, made smaller."""
