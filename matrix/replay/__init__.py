"""What a replay says, when, and what it makes of the answers: scripts out of recorded sessions. Without any I/O."""
