"""openenv's validation policy, version 2: the checks that its package has no grader for."""
