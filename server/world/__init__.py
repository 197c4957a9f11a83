"""What an episode is made of: protocol, cohort, the Actor's misreadings and notes. Pure functions of a seed."""
