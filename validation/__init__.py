"""The certificate: measures what the project claims of itself.

`certify.py` names the claims. A claim is measured by a function that takes a `Scale` and yields rows of the certificate
(`certificate.Measurement`): a figure, its interval, its bar, and the episodes it was measured on. `episodes.py` plays
policies, `estimates.py` makes intervals; each other module measures one claim or a few. runtime.json and execution.yaml
are for openenv's runtime graders.
"""
