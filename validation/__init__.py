"""Measures what the project claims of itself, and writes the certificate.

`certify.py` names the claims. A claim is measured by functions that take a `Scale` and yield rows of the certificate
(`certificate.Measurement`): what was measured, its interval, its bar, and on which episodes. `episodes.py` plays
policies and makes the rows of what they come to, `estimates.py` makes intervals, and each folder holds the claims of
one kind: its policies, features or questions are entries of tables there. runtime.json and execution.yaml are what
openenv's runtime graders are given.
"""
