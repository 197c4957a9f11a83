"""What a run needs beside its settings, asked for before the model is loaded and the time spent.

    check_prerequisites(settings)           # raises PlanError with what to install, where to log in, what to start

A server with a session less than there are rollouts would end the run at its first step.
"""

from __future__ import annotations

import importlib.util
import os
from contextlib import ExitStack

from synth_audit_env.client import ServerRefusedError, SynthAuditEnv
from synth_audit_env.training.plan import PlanError
from synth_audit_env.training.settings import Settings


def check_prerequisites(settings: Settings) -> None:
    """Look for audits, libraries, a login and a server, as far as the settings ask for them.

    Raises:
        PlanError: One is missing; the sentence says what to do.
    """
    check_audits(settings)
    if settings.vllm is not None and importlib.util.find_spec("vllm") is None:
        raise PlanError("vLLM is not installed: pip install -e '.[vllm]', or leave --use-vllm out.")
    if settings.report_to != "none" and importlib.util.find_spec(settings.report_to) is None:
        raise PlanError(f"{settings.report_to} is not installed: pip install {settings.report_to}, or leave it out.")
    if os.environ.get("RANK", "0") != "0":
        return
    if settings.push_to_hub is not None:
        _check_login(settings.push_to_hub)
    if settings.env_url is not None:
        check_sessions(settings.env_url, settings.rollouts)


def check_audits(settings: Settings) -> None:
    """Look for the file of --sft. A run that is resumed does without it.

    Raises:
        PlanError: It is not there.
    """
    if settings.sft is not None and not settings.resume and not settings.sft.is_file():
        raise PlanError(
            f"There is no file {settings.sft} with audits to imitate: write it by evaluation.py --export sft, or leave "
            "--sft out."
        )


def _check_login(repository: str) -> None:
    """Find out whether there is somebody logged in to the hub, without asking it."""
    from huggingface_hub import get_token

    if get_token() is None:
        raise PlanError(f"Nothing can be pushed to {repository} without a login: run `hf auth login`, or set HF_TOKEN.")


def check_sessions(url: str, rollouts: int) -> None:
    """Open so many sessions at once, and close them.

    Args:
        url: Of the server.
        rollouts: Episodes that the run plays at a time.

    Raises:
        PlanError: No server answers there, or it has no room; the sentence says how much it has.
    """
    with ExitStack() as opened:
        for count in range(rollouts):
            session = SynthAuditEnv(base_url=url).sync()
            opened.callback(session.close)
            try:
                session.connect()
                # A server that is full accepts the connection, and says so to the first message.
                session.state()
            except ServerRefusedError as refused:
                raise PlanError(
                    f"{url} has room for {count} sessions, and a step plays {rollouts} episodes at a time: start it "
                    f"with --max-sessions {rollouts} or more, or give fewer --prompts or --generations. ({refused})"
                ) from refused
            except OSError as problem:
                raise PlanError(f"No environment answers at {url}: {problem}") from problem
