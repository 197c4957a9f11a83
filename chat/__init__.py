"""Chat completions of a language model: what they are, and the one place that asks an endpoint for them."""
