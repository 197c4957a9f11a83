"""Whether a server has a session for every rollout, asked before the training begins.

    check_sessions("http://127.0.0.1:8000", 64)

A server with fewer would end the run at its first step, when the model is loaded and the time spent.
"""

from __future__ import annotations

from contextlib import ExitStack

from synth_audit_env.client import ServerRefusedError, SynthAuditEnv
from synth_audit_env.training.plan import PlanError


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
