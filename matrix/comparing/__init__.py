"""Two sessions or two recordings side by side: which belong together, and what is different."""
