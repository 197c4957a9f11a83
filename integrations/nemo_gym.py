"""NeMo Gym plays audits: a resources server whose rollouts they are, and the rows of a data set for it.

    python -m synth_audit_env.integrations.nemo_gym --split train --tier easy --rows 200 > train.jsonl

A row holds what the model reads first, and the seed, task and split by which the server makes that very episode. A call
is a step of the referee, also of a tool that does not exist, and is answered by the text that every other agent reads.
The reward is the episode's return. docs/integrations/nemo_gym.md tells how NeMo Gym is given both.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import PlainTextResponse
from nemo_gym import base_resources_server as gym
from nemo_gym.server_utils import SESSION_ID_KEY
from pydantic import ConfigDict, PrivateAttr

from ..agents.react.prompts import answer_text, opening_messages
from ..models import action_of
from ..server.world.tasks import ALL_TIERS, SPLITS, TIERS, first_episodes
from ..tool_records import tool_schemas
from ..training.audit_env import OVER, Audit


class SeededAudit(gym.BaseSeedSessionRequest):  # type: ignore[misc]  # of a library that is not installed here
    """Which one, out of a row."""

    seed: int
    task_id: str
    split: str
    level: int | None = None


class Rollout(gym.BaseVerifyRequest):  # type: ignore[misc]  # as above
    """What a model has done, with all fields of its row."""

    model_config = ConfigDict(extra="allow")


class AuditServer(gym.SimpleResourcesServer):  # type: ignore[misc]  # as above
    """Keeps the audits in this process, by the session of NeMo Gym: it cannot have several workers."""

    _audits: dict[str, Audit] = PrivateAttr(default_factory=dict)
    _earned: dict[str, dict[str, float]] = PrivateAttr(default_factory=dict)
    """Of those that were verified. A model can call any path, those of seed_session and verify as well."""

    def setup_webserver(self) -> FastAPI:
        """Add the tools, after the routes of NeMo Gym, which this one would match too."""
        app: FastAPI = super().setup_webserver()
        app.post("/{tool}", response_class=PlainTextResponse)(self.call)
        return app

    async def seed_session(self, request: Request, body: SeededAudit) -> gym.BaseSeedSessionResponse:
        """Begin the episode of a row."""
        session = request.session[SESSION_ID_KEY]
        if session in self._audits or session in self._earned:
            raise HTTPException(409, "This rollout has had its episode.")
        self._audits[session] = Audit(None, **body.model_dump(exclude_none=True))
        return gym.BaseSeedSessionResponse()

    async def call(self, request: Request, tool: str, arguments: dict[str, Any]) -> str:
        """Call a tool. Arguments that cannot be read reach no episode and cost nothing."""
        if (audit := self._audits.get(request.session[SESSION_ID_KEY])) is None:
            raise HTTPException(409, "No episode is running: POST /seed_session first, and keep its cookie.")
        if audit.outcome is not None:
            return OVER
        try:
            action = action_of(tool, arguments)
        except ValueError as problem:
            return str(problem)
        return answer_text(audit.step(action))

    async def verify(self, request: Request, body: Rollout) -> dict[str, Any]:
        """Tell what the rollout earned. An episode that was left open is ended with no report."""
        session = request.session[SESSION_ID_KEY]
        if session in self._audits:
            end = self._audits.pop(session).end()
            self._earned[session] = {"reward": end.return_, "score": end.score, "skill": end.skill}
        if session not in self._earned:
            raise HTTPException(409, "There is nothing to verify: POST /seed_session first, and keep its cookie.")
        return {**body.model_dump(), **self._earned[session]}


def rows(split: str, tier: str, number: int) -> Iterator[dict[str, Any]]:
    """Rows of a data set."""
    tools = [{"type": "function", "strict": False, **schema["function"]} for schema in tool_schemas()]
    for options in first_episodes(split, tier, number):
        asked = {"input": opening_messages(Audit(None, **options).opening), "tools": tools}
        yield {"responses_create_params": asked, **options, "split": split}


def main(argv: Sequence[str] | None = None) -> None:
    """Print rows."""
    parser = argparse.ArgumentParser(description="Print the rows of a data set for NeMo Gym, as JSONL.")
    parser.add_argument("--split", choices=SPLITS, default=SPLITS[0], help="whose episodes (default %(default)s)")
    parser.add_argument("--tier", choices=ALL_TIERS, nargs="+", default=list(TIERS), help="(default easy to expert)")
    parser.add_argument("--rows", type=int, default=200, metavar="N", help="of each tier (default %(default)s)")
    given = parser.parse_args(argv)
    for tier in given.tier:
        for row in rows(given.split, tier, given.rows):
            print(json.dumps(row))


if __name__ == "__main__":
    main()
