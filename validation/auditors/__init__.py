"""Claims on auditors that decide by evidence, whole and under limits."""
