"""The environment: the audit core, which is a pure function of its inputs, and the web server around it."""
