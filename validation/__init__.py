"""What openenv's runtime graders are given: the plan that they play, and how the package is run for it."""
