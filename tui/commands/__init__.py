"""What the commands do, each imported when it runs, and how they print."""
