"""The board: what was settled, put together as the grid of pairs, now or as it was at a moment."""
