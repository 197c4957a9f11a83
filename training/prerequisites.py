"""What a run needs beside its settings, asked for before the model is loaded and the time spent.

    check_prerequisites(settings)           # raises PlanError with what to install, where to log in, what to start

A server with a session less than there are rollouts would end the run at its first step.
"""

from __future__ import annotations

import importlib.util
import json
import os
from contextlib import ExitStack
from urllib.error import HTTPError
from urllib.request import urlopen

from ..client import ServerRefusedError, SynthAuditEnv
from .plan import PlanError
from .settings import Settings

VLLM_URL = "http://127.0.0.1:8000"
"""Where TRL looks for a vLLM server unless it is told."""
VLLM_TIMEOUT_S = 30.0


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
        from huggingface_hub import get_token

        # Whether somebody is logged in to the hub is found out without asking it.
        if get_token() is None:
            told = "without a login: run `hf auth login`, or set HF_TOKEN."
            raise PlanError(f"Nothing can be pushed to {settings.push_to_hub} {told}")
    if settings.env_url is not None:
        check_sessions(settings.env_url, settings.rollouts)
    if settings.vllm == "server":
        check_vllm(settings.vllm_url or VLLM_URL)


def check_audits(settings: Settings) -> None:
    """Look for the file of --sft. A run that is resumed does without it. Raises PlanError where it is not there."""
    if settings.sft is not None and not settings.resume and not settings.sft.is_file():
        raise PlanError(
            f"There is no file {settings.sft} with audits to imitate: write it by evaluation.py --export sft, or leave "
            "--sft out."
        )


def check_vllm(url: str) -> None:
    """Ask a vLLM server for its models: TRL waits for one for minutes, when the model is loaded.

    Raises:
        PlanError: None answers there, or something else does, such as the environment's own server.
    """
    how = "start one as docs/training.md says (vLLM on a card of its own), or give its address as --vllm-url."
    try:
        with urlopen(f"{url.rstrip('/')}/v1/models", timeout=VLLM_TIMEOUT_S) as answer:
            models = json.load(answer)["data"]
    except HTTPError as problem:
        raise PlanError(f"What answers at {url} is no vLLM server ({problem}): {how}") from problem
    except OSError as problem:
        raise PlanError(f"No vLLM server answers at {url} ({problem}): {how}") from problem
    except (ValueError, KeyError, TypeError) as problem:
        raise PlanError(f"What answers at {url} is no vLLM server: {how}") from problem
    if not models:
        raise PlanError(f"The vLLM server at {url} serves no model: {how}")


def check_sessions(url: str, rollouts: int) -> None:
    """Open as many sessions at once as the run plays episodes, and close them.

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
