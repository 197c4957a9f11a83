"""What must not move when a world is changed in what does not matter, or played again elsewhere."""
