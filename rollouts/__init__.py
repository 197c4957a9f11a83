"""What runs an agent and keeps what happened: a server of one's own, the loop, transcript, log and table."""
