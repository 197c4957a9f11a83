"""The audit workbench: a web page where a person audits a trial, and replays what an agent did."""
