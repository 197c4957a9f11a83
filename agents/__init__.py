"""Policies: observation in, action out; they see what any client sees and import nothing from the server."""
