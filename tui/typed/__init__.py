"""The commands as they are typed: arguments, options, completion. What they do is imported when they run."""
