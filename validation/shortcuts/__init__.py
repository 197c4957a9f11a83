"""Claim "shortcuts": classifiers of what is seen before anything is looked up, and of each tool alone."""
