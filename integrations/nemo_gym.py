"""NeMo Gym plays it: a resources server whose rollouts are audits, and the rows that say which.

    python -m synth_audit_env.integrations.nemo_gym audits --split train --tier easy --rows 200
    cd audits && gym env start --config resources_servers/synth_audit/configs/synth_audit.yaml --model-type openai_model

The first command writes the folder that the second one starts: the server where NeMo Gym looks for it, its settings
with an agent of NeMo Gym's own, and the rows. A row holds what the model reads first, and the seed, task and split by
which the server makes that very episode. A call of a tool is a step of the referee, also of a tool that does not exist,
and is answered by the text that every other agent reads. The reward of a rollout is the return of its episode.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import PlainTextResponse
from nemo_gym import base_resources_server as gym
from nemo_gym.server_utils import SESSION_ID_KEY
from pydantic import ConfigDict, PrivateAttr

from synth_audit_env.agents.audit_tools import action_of, tool_schemas
from synth_audit_env.agents.react.prompts import answer_text, opening_messages
from synth_audit_env.comparison.jobs import Seeds, seeds
from synth_audit_env.models import OutcomeResult, SynthAuditAction
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.tasks import SPLITS, TIERS
from synth_audit_env.training.audit_env import OVER

CONFIG = Path(__file__).with_suffix(".yaml")
APP = "from synth_audit_env.integrations.nemo_gym import AuditServer\n\nAuditServer.run_webserver()\n"


@dataclass
class Audit:
    """The episode of a rollout."""

    environment: SynthAuditEnvironment
    rewards: list[float] = field(default_factory=list)
    """Of every step."""
    earned: dict[str, float] = field(default_factory=dict)
    """Once the episode is over, which is forgotten then."""

    def step(self, action: SynthAuditAction) -> str:
        """Take an action. Returns the text that the model is answered."""
        if self.earned:
            return OVER
        seen = self.environment.step(action)
        self.rewards.append(float(seen.reward or 0.0))
        if isinstance(seen.result, OutcomeResult):
            outcome = seen.result.outcome
            self.earned = {"reward": outcome.return_, "score": outcome.score, "skill": outcome.skill}
            self.environment.close()
        return answer_text(seen)

    def end(self) -> dict[str, Any]:
        """What it earned. An episode that was left open is ended as its step budget would end it: with no report."""
        self.step(SynthAuditAction(action_type="submit_audit_report", report=""))
        return {**self.earned, "rewards": self.rewards}


class AuditSeedRequest(gym.BaseSeedSessionRequest):  # type: ignore[misc]  # of a library that is not installed here
    """Which episode, out of the row."""

    seed: int
    task_id: str
    split: str


class AuditVerifyRequest(gym.BaseVerifyRequest):  # type: ignore[misc]  # as above
    """The rollout, with all fields of its row."""

    model_config = ConfigDict(extra="allow")


class AuditServer(gym.SimpleResourcesServer):  # type: ignore[misc]  # as above
    """Keeps an episode for each session of NeMo Gym, in this process: it cannot have several workers."""

    _audits: dict[str, Audit] = PrivateAttr(default_factory=dict)

    def setup_webserver(self) -> FastAPI:
        """Add the tools, after the routes of NeMo Gym, which this one would match too."""
        app: FastAPI = super().setup_webserver()
        app.post("/{tool}", response_class=PlainTextResponse)(self.call)
        return app

    async def seed_session(self, request: Request, body: AuditSeedRequest) -> gym.BaseSeedSessionResponse:
        """Begin the episode of a row."""
        if request.session[SESSION_ID_KEY] in self._audits:
            # NeMo Gym's agent calls whatever path a model names, and a model shall not begin its episode anew.
            raise HTTPException(409, "This rollout has an episode.")
        environment = SynthAuditEnvironment()
        environment.reset(seed=body.seed, task_id=body.task_id, split=body.split)
        self._audits[request.session[SESSION_ID_KEY]] = Audit(environment)
        return gym.BaseSeedSessionResponse()

    async def call(self, request: Request, tool: str, arguments: dict[str, Any]) -> str:
        """Call a tool. Arguments that cannot be read are told to the model, reach no episode and cost nothing."""
        audit = self._audit(request)
        try:
            action = action_of(tool, arguments)
        except ValueError as problem:
            return str(problem)
        return audit.step(action)

    async def verify(self, request: Request, body: AuditVerifyRequest) -> dict[str, Any]:
        """Tell what the rollout earned, the same however often it is asked: a model can call this as well."""
        return {**body.model_dump(), **self._audit(request).end()}

    def _audit(self, request: Request) -> Audit:
        if request.session[SESSION_ID_KEY] not in self._audits:
            raise HTTPException(409, "This rollout has no episode: POST /seed_session first, and keep its cookie.")
        return self._audits[request.session[SESSION_ID_KEY]]


def rows(of_tiers: Seeds) -> Iterator[str]:
    """The rows of a data set, a line each."""
    environment = SynthAuditEnvironment()
    tools = [{"type": "function", "strict": False, **schema["function"]} for schema in tool_schemas()]
    for tier, seed in ((tier, seed) for tier, numbers in of_tiers.items() for seed in numbers):
        opening = environment.reset(seed=seed, task_id=TIERS[tier].task_id)
        named = environment.state.model_dump(include={"seed", "task_id", "split"})
        yield json.dumps({"responses_create_params": {"input": opening_messages(opening), "tools": tools}, **named})


def main(argv: Sequence[str] | None = None) -> None:
    """Write the folder."""
    parser = argparse.ArgumentParser(description="Write a folder in which NeMo Gym finds the server and its rows.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--split", choices=SPLITS, default=SPLITS[0], help="whose episodes (default %(default)s)")
    parser.add_argument("--tier", choices=TIERS, nargs="+", default=list(TIERS), help="(default all)")
    parser.add_argument("--rows", type=int, default=200, metavar="N", help="of each tier (default %(default)s)")
    given = parser.parse_args(argv)
    package = f"-e {CONFIG.parents[1]}"
    files = {"app.py": APP, "requirements.txt": package, "configs/synth_audit.yaml": CONFIG.read_text()}
    files[f"data/{given.split}.jsonl"] = "\n".join(rows(seeds(given.split, given.tier, given.rows)))
    for name, text in files.items():
        path = given.out / "resources_servers/synth_audit" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text.rstrip()}\n", encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
