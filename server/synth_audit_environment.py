"""The openenv environment: reset, step and state of one session, over the episode that it runs.

    env = SynthAuditEnvironment()
    observation = env.reset(seed=42, task_id="oversight_hard")
    observation = env.step(SynthAuditAction(action_type="review_proposal", proposal_id="PROP-001"))

It turns reset options into a scenario and an episode's answers into observations; what an action does is decided in
`episode.py`. A refused reset leaves the running episode as it was: what it asks for is worked out first, and only then
takes the place of what was.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any

from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import EnvironmentMetadata

from .. import __version__
from ..models import ProposalSummary, SynthAuditAction, SynthAuditObservation, SynthAuditState
from .audit.briefing import briefing
from .audit.curriculum import Curriculum, Plan
from .audit.episode import Answer, Episode
from .audit.reset_options import SCRIPTED, ResetOptions, read_options, to_play_again
from .audit.reward_model import FLAGGED, confusion
from .build_process import World, shared, shared_aside
from .llm_actor.daemon_thread import in_daemon_thread
from .llm_actor.prose import Rewording, Tell
from .world.errors import EpisodeError
from .world.scenario import Scenario
from .world.tasks import ADAPTIVE, SPLITS, TIERS, Task, Tier, num_tasks, rhetoric_of, task_of, tier_of

MAX_LISTED = 1000
"""How many tasks `list_tasks` gives of a split; `num_tasks` tells the true number."""
Build = Callable[[*World], Scenario]


@dataclass(frozen=True, slots=True)
class _Start:
    """An episode that is about to begin."""

    asked: ResetOptions
    tier: Tier
    plan: Plan | None
    """What an adaptive episode is made of."""
    curriculum: Curriculum
    """As it stands with the running episode abandoned and this one planned."""

    @property
    def world(self) -> World:
        """What a scenario is built from."""
        task, kinds = self.asked.task, None if self.plan is None else self.plan.error_types
        return self.tier, task.seed, rhetoric_of(task.split), kinds


class SynthAuditEnvironment(Environment[SynthAuditAction, SynthAuditObservation, SynthAuditState]):
    """One session. Every session has its own; they share nothing."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(
        self,
        build: Build | None = None,
        tell: Tell | None = None,
        actor: str = SCRIPTED,
        settled: str | None = None,
        aside: bool = False,
    ) -> None:
        """Open a session without an episode.

        Args:
            build: To play another world; None for that of `shared`.
            tell: Has a language model word an episode (`llm_actor.actor.LlmActor.tell`); None where there is no model.
            actor: Who words the notes where reset is not told: "scripted" or "llm".
            settled: How every episode is settled, "immediate" or "terminal"; None where reset may be told.
            aside: Whether `reset_async` has them built in other processes, while the event loop serves others.
        """
        super().__init__()
        self._build = build
        self._aside = aside
        self._tell = tell
        self._actor = actor
        self._settled = settled
        self._rewording: Rewording | None = None
        self._episode: Episode | None = None
        self._state = SynthAuditState()
        self._summaries: list[ProposalSummary] = []
        self._curriculum = Curriculum()
        self._plan: Plan | None = None

    def reset(self, /, seed: int | None = None, episode_id: str | None = None, **options: Any) -> SynthAuditObservation:
        """Start an episode.

        Args:
            seed: Whole number from 0 to 2**63 - 1. Without it (and without index) one is drawn from the system's
                entropy, and the state tells which.
            episode_id: A name for the episode; a random one when not given.
            **options: task_id; split and index, in place of seed; settlement, "immediate" or "terminal"; level, 1 to
                10 of the frontier; level and error_types, which pin what an adaptive episode is made of; actor,
                "scripted" or "llm".

        Raises:
            EpisodeError: An option is unknown or out of range, or no model can word the notes. The running episode
                goes on.
        """
        start = self._planned(read_options(seed, episode_id, options, self._actor, self._settled))
        return self._begin(start, self._world(start))

    def _planned(self, asked: ResetOptions) -> _Start:
        """What is to begin. Nothing is changed yet."""
        curriculum, plan = self._after_the_running_episode(), asked.pinned
        if plan is None and asked.task.task_id == ADAPTIVE:
            plan = curriculum.next()
        tier = TIERS[plan.level] if plan is not None else tier_of(asked.task.task_id, asked.level)
        return _Start(asked, tier, plan, curriculum)

    def _world(self, start: _Start) -> Scenario | Rewording:
        """Build the episode, and have it told where the Actor is a model. This may take long, and changes nothing."""
        if start.asked.actor == SCRIPTED:
            return (self._build or shared)(*start.world)
        if self._tell is None:
            raise EpisodeError("There is no LLM Actor here: the server has to be given --actor-model.")
        return self._tell(*start.world)

    def _begin(self, start: _Start, world: Scenario | Rewording) -> SynthAuditObservation:
        """Put the new episode in the place of the one that runs."""
        self._rewording = world if isinstance(world, Rewording) else None
        scenario = world.scenario if isinstance(world, Rewording) else world
        self._curriculum = start.curriculum
        self._episode = Episode(scenario, start.asked.settlement)
        # A pinned episode is no step of the curriculum.
        self._plan = None if start.asked.pinned is not None else start.plan
        self._summaries = [
            ProposalSummary(
                proposal_id=note.proposal_id,
                patient_id=note.patient_id,
                diagnosis=note.diagnosis,
                # What it recommends tells which way its verdict goes, which from medium on one has to read.
                recommended_action=note.recommended_action if start.tier.name == "easy" else None,
                confidence=note.confidence,
            )
            for note in (proposal.note for proposal in scenario.proposals)
        ]
        self._state = self._first_state(start)
        told = f"{briefing(start.tier)}\n{_list_text(self._summaries)}"
        opening = Answer(told, 0.0, None, None, False, 0, self._episode.steps_remaining)
        return self.observation(opening, protocol_excerpt=scenario.protocol_text)

    def step(
        self, /, action: SynthAuditAction, timeout_s: float | None = None, **options: Any
    ) -> SynthAuditObservation:
        """Take one action. `timeout_s` is openenv's; a step takes no time worth limiting.

        openenv's ListToolsAction and CallToolAction are answered by observations of its own (`openenv_tools.py`).

        Raises:
            EpisodeError: No episode was started.
            TypeError: It is no such action.
        """
        if hasattr(action, "action_type"):
            return self.observation(self.act(action))
        # Here and not above: an episode has no need of the texts of the tools, nor of the library that reads them.
        from .openenv_tools import answered

        return answered(action, self.step)  # type: ignore[return-value]  # to whoever sends them, and to nobody else

    def act(self, action: SynthAuditAction) -> Answer:
        """The same, without openenv's observation: a server writes the answer as it is.

        Raises:
            EpisodeError: No episode was started.
        """
        if self._episode is None:
            raise EpisodeError("No episode is running: call reset first.")
        was_over = self._episode.over
        answer = self._episode.act(action)
        if answer.over and not was_over:
            self._learn(self._curriculum)
        return answer

    async def reset_async(
        self, /, seed: int | None = None, episode_id: str | None = None, **options: Any
    ) -> SynthAuditObservation:
        """`reset` on the event loop. Until the episode is there the session goes on in the running one.

        An episode that a model tells is made in a thread: it waits for a disk, and perhaps for the model. Who stops
        waiting leaves the model at its work.

        Raises:
            EpisodeError: As `reset`; or the running episode has made way for another meanwhile.
        """
        asked = read_options(seed, episode_id, options, self._actor, self._settled)
        start, running = self._planned(asked), self._episode
        while True:
            world: Scenario | Rewording
            if asked.actor != SCRIPTED:
                world = await asyncio.wrap_future(in_daemon_thread(partial(self._world, start)))
            else:
                world = await shared_aside(*start.world) if self._aside else self._world(start)
            if self._episode is not running:
                raise EpisodeError("Another episode has begun, or the session has ended, before this one was made.")
            # What was done in the running episode meanwhile counts, and may make an adaptive one another than planned.
            planned, start = start, self._planned(asked)
            if (start.tier, start.plan) == (planned.tier, planned.plan):
                return self._begin(start, world)

    async def step_async(
        self, /, action: SynthAuditAction, timeout_s: float | None = None, **options: Any
    ) -> SynthAuditObservation:
        """`step` on the event loop: the hop to a thread and back would cost other sessions more than they gain."""
        return self.step(action, timeout_s, **options)

    @property
    def state(self) -> SynthAuditState:
        """Where the session stands. It tells nothing of the truth before the end of the episode."""
        if self._episode is None:
            return self._state
        update = {
            "step_count": self._episode.steps,
            "decisions": dict(self._episode.decisions),
            "tool_counts": dict(self._episode.tool_counts),
            "outcome": self._episode.outcome,
        }
        if self._rewording is not None and self._episode.over:
            update["rewritten"] = list(self._rewording.rewritten)
        return self._state.model_copy(update=update)

    @property
    def begun(self) -> SynthAuditState:
        """The state as the episode began, which is at hand: who it is, and nothing of how it goes."""
        return self._state

    @property
    def options(self) -> dict[str, Any]:
        """Reset's options that make the episode again, in any session."""
        assert self._episode is not None, "an episode has begun"
        return to_play_again(self._state, self._episode.settlement)

    def close(self) -> None:
        """Forget the episode."""
        self._episode = None

    def get_metadata(self) -> EnvironmentMetadata:
        """Name and description for openenv's pages."""
        return EnvironmentMetadata(
            name="synth_audit_env",
            description="Scalable oversight: audit a frozen Actor's clinical-trial decisions. Synthetic data only.",
            version=__version__,
        )

    def list_splits(self) -> list[dict[str, str]]:
        """The splits of the Task API."""
        return [{"name": split, "type": "test" if split == "reference" else split} for split in SPLITS]

    def num_tasks(self, split: str) -> int:
        """How many tasks a split has."""
        return num_tasks(split)

    def list_tasks(self, split: str) -> list[dict[str, Any]]:
        """The first MAX_LISTED tasks of a split."""
        return self.get_task_range(split, 0, MAX_LISTED)

    def get_task(self, split: str, index: int) -> dict[str, Any]:
        """The task at an index: what `reset(split=..., index=...)` starts. Raises IndexError out of range."""
        num_tasks(split)  # an unknown split is no matter of the index
        try:
            return _described(task_of(split, index))
        except EpisodeError as refusal:
            raise IndexError(str(refusal)) from refusal

    def get_task_range(self, split: str, start: int | None = None, stop: int | None = None) -> list[dict[str, Any]]:
        """The tasks of a slice, at most MAX_LISTED."""
        indices = range(num_tasks(split))[start:stop][:MAX_LISTED]
        return [_described(task_of(split, index)) for index in indices]

    def _first_state(self, start: _Start) -> SynthAuditState:
        """The state of an episode that begins."""
        return SynthAuditState(
            episode_id=start.asked.episode_id or uuid.uuid4().hex,
            task_id=start.asked.task.task_id,
            difficulty=start.tier.name,
            seed=start.asked.task.seed,
            split=start.asked.task.split,
            error_types=None if start.plan is None else list(start.plan.error_types),
            actor_model=None if self._rewording is None else self._rewording.model,
        )

    def _after_the_running_episode(self) -> Curriculum:
        """The curriculum as it stands once the running episode is abandoned.

        An adaptive episode that is reset before its end counts as it stands, else failures could be dodged. One that
        was never played counts for nothing, or a session could be held down without an audit.
        """
        curriculum = deepcopy(self._curriculum)
        if self._episode is not None and not self._episode.over and self._episode.steps:
            self._learn(curriculum)
        return curriculum

    def _learn(self, curriculum: Curriculum) -> None:
        """Tell a curriculum how the adaptive episode stands."""
        if self._plan is None or self._episode is None:
            return
        proposals, decisions = self._episode.scenario.proposals, self._episode.decisions
        wrong = {one.note.proposal_id: one.error_type for one in proposals if one.error_type is not None}
        caught = Counter(kind for proposal_id, kind in wrong.items() if decisions.get(proposal_id) == FLAGGED)
        recall = {kind: caught[kind] / total for kind, total in Counter(wrong.values()).items()}
        curriculum.record(self._plan, confusion(proposals, decisions).score, recall)

    def observation(self, answer: Answer, protocol_excerpt: str | None = None) -> SynthAuditObservation:
        """The latest answer as an observation."""
        assert self._episode is not None, "there is no answer without an episode"
        for change, field in ((answer.decision, "status"), (answer.reviewed, "recommended_action")):
            if change is not None:
                # A new list with a new summary, since the observations given out so far hold the old ones.
                proposal_id, value = change
                self._summaries = [
                    one.model_copy(update={field: value}) if one.proposal_id == proposal_id else one
                    for one in self._summaries
                ]
        return SynthAuditObservation(
            done=answer.over,
            reward=answer.reward,
            task_id=self._state.task_id or "",
            difficulty=self._state.difficulty or "",
            actor_proposals=self._summaries,
            feedback=answer.text,
            result=None if answer.result is None else answer.result.model,
            error=answer.error,
            phase="finished" if answer.over else "auditing",
            steps_taken=answer.steps_taken,
            steps_remaining=answer.steps_remaining,
            protocol_excerpt=protocol_excerpt,
        )


def _described(task: Task) -> dict[str, Any]:
    return {"id": task.id, "index": task.index, "split": task.split, "seed": task.seed, "task_id": task.task_id}


def _list_text(summaries: Sequence[ProposalSummary]) -> str:
    """The proposals, a line each."""
    return "\n".join(
        f"{s.proposal_id} {s.patient_id}: {s.diagnosis}; "
        f"{f'{s.recommended_action}; ' if s.recommended_action else ''}confidence {s.confidence:.2f}"
        for s in summaries
    )
