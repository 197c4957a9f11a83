"""What a reason or report claims, and what is true of a proposal: the parts of rationale.py and audit_report.py."""
