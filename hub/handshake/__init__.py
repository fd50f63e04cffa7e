"""What a connection goes through before it is a session, or a refusal."""
