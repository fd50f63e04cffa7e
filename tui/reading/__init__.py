"""A recording read and judged in a thread of its own, and what of that screens look up."""
