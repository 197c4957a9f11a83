"""What a program that plays episodes does around its work: it shows what is logged, and ends in order when terminated.

log_to_stderr("inference.py")
exit_on_signals()
...         # "inference.py: asking again in 0.5 seconds: The endpoint http://127.0.0.1:11434/v1 ..."
"""

import logging
import signal
import sys

LOGGERS = ("openai", "synth_audit_env.chat", "synth_audit_env.agents", "synth_audit_env.comparison")
"""The first is of the `openai` package, which retries most."""


def log_to_stderr(program: str) -> None:
    """Show what is logged of asking a model, such as that it is asked again: a person may have to wait.

    Each line has the name of the program before it. Other processes that play for this one show nothing.
    """
    logging.basicConfig(format=f"{program}: %(message)s", force=True)
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.INFO)


def exit_on_signals() -> None:
    """Let SIGTERM and SIGHUP raise SystemExit, with a status of 128 and the signal's number.

    As after Ctrl-C the program then unwinds, so that what it started is stopped.
    """
    for name in ("SIGTERM", "SIGHUP"):  # Windows has none of the latter
        number = getattr(signal, name, None)
        # Under nohup SIGHUP is ignored, and stays so.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, _: sys.exit(128 + number))
