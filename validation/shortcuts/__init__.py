"""Probes that look for a label in what is seen without looking anything up, and in each evidence tool alone."""
