"""What evaluation.py is made of: agents side by side on the same episodes, their figures, tables, plots and exports."""


class RequestError(ValueError):
    """What was asked for cannot be done, or a folder does not hold what it should. The message is one sentence."""
