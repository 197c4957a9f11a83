"""What is logged of asking a model is shown under the program's name, inside the block alone."""

import logging

from synth_audit_env.rollouts.program import LOGGERS, logged_to_stderr


def test_what_is_logged_inside_the_block_is_shown_and_nothing_else(capsys):
    loggers = [logging.getLogger(f"{name}.endpoint") for name in LOGGERS]
    before = [logger.getEffectiveLevel() for logger in loggers]
    with logged_to_stderr("program.py"):
        for logger in loggers:
            logger.info("No answer within %g seconds", 120)
        logging.getLogger("synth_audit_env.server").info("A session was opened")
    for logger in loggers:
        logger.info("Nobody waits any more")
    assert capsys.readouterr().err == "program.py: No answer within 120 seconds\n" * len(LOGGERS)
    assert [logger.getEffectiveLevel() for logger in loggers] == before
