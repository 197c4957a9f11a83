"""The referee: what an action does, what evidence says, what a reason is worth, and the score."""
