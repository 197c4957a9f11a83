"""One person's audit at the desk: the protocol, what has been learnt so far, and every action with its time.

    desk = Desk(SynthAuditEnvironment())
    desk.start("oversight_easy", "validation", None)
    desk.act({"action_type": "review_proposal", "proposal_id": "PROP-001"})
    desk.known.reviews["PROP-001"].reasoning, desk.steps_left, desk.trail[-1].offset_s

There is no undo, since decisions are final. An episode is settled at its end (`settlement="terminal"`): paid at once,
the reward of a decision would tell the person whether it was right. What an action costs for certain is told still.
Knows no web framework, and serves one person at a time: two actions at once are for the caller to put in a row.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from ...episode_line import PACKAGE_VERSION
from ...models import EpisodeOutcome, OutcomeResult, SynthAuditAction, SynthAuditObservation
from ...rollouts.episode_log import EpisodeRecord
from ...rollouts.rollout import Turn
from ...tool_records import ARGUMENT_NAMES, TOOLS
from ..audit.episode import OVER
from ..audit.reward_model import DUPLICATE_ACTION, INVALID_ACTION, REWARDS, STEP
from ..synth_audit_environment import SynthAuditEnvironment
from ..world.errors import EpisodeError
from .desk_book import Draft, Entry, Known
from .links import Place
from .protocol_pages import Pages, read_pages

SETTLEMENT = "terminal"
AGENT = "person"
"""What an episode log calls whoever sits at the desk."""
STEP_COST, DUPLICATE_COST, INVALID_COST = (REWARDS[event] / 1000 for event in (STEP, DUPLICATE_ACTION, INVALID_ACTION))
"""In reward, all below zero: what every action costs, and one besides that was taken before, or is refused."""
DECISIONS = ("flag_error", "approve")
_REPORT = "submit_audit_report"


class DeskError(ValueError):
    """What cannot be done at the desk, in one sentence for the person. Nothing has changed and nothing was paid."""


class Desk:
    """One person's audit."""

    def __init__(self, environment: SynthAuditEnvironment, clock: Callable[[], float] = time.monotonic) -> None:
        """Set up a desk without an audit.

        Args:
            environment: Of this person alone.
            clock: Seconds, from any beginning, that never run backwards.
        """
        self._environment = environment
        self._clock = clock
        self._opening: SynthAuditObservation | None = None
        self.task_id = self.split = ""
        self.seed = 0
        self._made_of: dict[str, Any] = {}
        self._was_asked = False
        self._clear(read_pages(""))

    def _clear(self, pages: Pages) -> None:
        self.pages = pages
        self.known = Known()
        self.trail: list[Entry] = []
        self.decided: dict[str, SynthAuditAction] = {}
        """Proposal id to the flag or approval that stands."""
        self.drafts: dict[str, Draft] = {}
        """Proposal id to what the person has written of it and not sent: for the page alone."""
        self.turned_to = ""
        """The proposal that the page shows."""
        self.saved = False
        """Whether files were made of the audit since it is over: for the page alone."""
        self._asked: set[tuple[str | None, ...]] = set()
        self._began = self._clock()

    def start(
        self,
        task_id: str | None,
        split: str | None,
        seed: int | None,
        level: str | None = None,
        error_types: Sequence[str] | None = None,
    ) -> SynthAuditObservation:
        """Begin an audit in place of the one before, if any.

        Args:
            task_id: One of `tasks.TASK_IDS`; None for the one that goes with the seed.
            split: The seed's; None for whichever it is.
            seed: None to have one drawn from the split.
            level: What an adaptive audit is to be made of, as reset takes it; None to leave it to the session.
            error_types: Likewise.

        Returns:
            The opening: the protocol and the proposals.

        Raises:
            DeskError: There is no such audit. The one before goes on.
        """
        try:
            asked: dict[str, Any] = {"task_id": task_id, "split": split, "level": level, "error_types": error_types}
            opening = self._environment.reset(seed=seed, settlement=SETTLEMENT, **asked)
        except EpisodeError as refusal:
            raise DeskError(str(refusal)) from refusal
        self._opening = opening
        self._clear(read_pages(opening.protocol_excerpt or ""))
        state = self._environment.state
        self.task_id, self.split, self.seed = state.task_id or "", state.split or "", state.seed or 0
        self._made_of, self._was_asked = {}, level is not None or error_types is not None
        if state.error_types is not None:
            # What an adaptive episode is made of depends on the session: named, it can be played again elsewhere.
            self._made_of = {"level": state.difficulty, "error_types": state.error_types}
        return opening

    @property
    def place(self) -> Place:
        """This audit by name, for a link that leads to the same one, in any session once it may say what it is of."""
        made_of = self.made_of
        kinds = made_of.get("error_types")
        return Place(self.task_id, self.split, self.seed, made_of.get("level"), None if kinds is None else tuple(kinds))

    @property
    def made_of(self) -> Mapping[str, Any]:
        """The level and error types of an adaptive episode, as reset takes them; empty for any other.

        And empty until it is over, but for whoever asked for them: which errors there may be narrows down what is
        wrong.
        """
        return dict(self._made_of) if self.over or self._was_asked else {}

    @property
    def started(self) -> bool:
        """Whether there is an audit."""
        return self._opening is not None

    @property
    def opening(self) -> SynthAuditObservation:
        """Of this audit. Raises DeskError where there is none."""
        if self._opening is None:
            raise DeskError("No audit has begun: choose a task and start one.")
        return self._opening

    @property
    def last(self) -> SynthAuditObservation:
        """The newest observation: it has the proposals as they stand. Raises DeskError where there is no audit."""
        return self.trail[-1].turn.observation if self.trail else self.opening

    @property
    def steps_left(self) -> int:
        """Of the budget."""
        return self.last.steps_remaining

    @property
    def over(self) -> bool:
        """Whether the report is filed, or the budget used up."""
        return self.started and self.last.done

    @property
    def under_way(self) -> bool:
        """Whether something has been done, and the report is not filed."""
        return bool(self.trail) and not self.over

    @property
    def at_stake(self) -> bool:
        """Whether another audit in its place would lose something: one under way, or an outcome that is not saved."""
        return self.under_way or (self.over and not self.saved)

    @property
    def outcome(self) -> EpisodeOutcome | None:
        """How it went, with the truth about every proposal; None until the audit is over."""
        result = self.last.result if self.started else None
        return result.outcome if isinstance(result, OutcomeResult) else None

    @property
    def spent(self) -> float:
        """What the actions so far have cost for certain, in reward; at most 0."""
        return sum(round(1000 * entry.cost) for entry in self.trail) / 1000

    def cost_of(self, action: SynthAuditAction | Mapping[str, Any]) -> float:
        """What an action would cost now for certain, in reward, if its ids exist: more where it was asked before."""
        action = read_action(action)
        if not _fits(action):
            return _cost(INVALID_ACTION)
        again = action.proposal_id in self.decided if action.action_type in DECISIONS else _key(action) in self._asked
        left = len(self.opening.actor_proposals) - len(self.decided) if action.action_type == _REPORT else 0
        return _cost(*left * (STEP,), *again * (DUPLICATE_ACTION,))

    def act(self, action: SynthAuditAction | Mapping[str, Any]) -> SynthAuditObservation:
        """Take an action. One that the referee refuses is answered by the observation's `error`, and costs.

        Args:
            action: Or its fields, as a form has them.

        Raises:
            DeskError: No audit has begun, or it is over, or the fields make no action. It cost nothing.
        """
        if self.last.done:
            raise DeskError(OVER)
        action = read_action(action)
        expected = self.cost_of(action)
        try:
            seen = self._environment.step(action)
        except EpisodeError as refusal:
            raise DeskError(str(refusal)) from refusal
        refused_anew = seen.error is not None and expected != _cost(DUPLICATE_ACTION)
        cost = _cost(INVALID_ACTION) if refused_anew else expected
        turn = Turn(len(self.trail) + 1, action, seen)
        self.trail.append(Entry(self._clock() - self._began, turn, cost))
        if seen.error is None:
            self._keep(action, seen)
        return seen

    def record(self) -> EpisodeRecord:
        """The audit as an episode log has it, to be replayed. Its `line` can be made once the audit is over."""
        options = {"task_id": self.task_id, "seed": self.seed, "split": self.split, "settlement": SETTLEMENT}
        turns = tuple(entry.turn for entry in self.trail)
        named = (self.task_id, self.seed, self.split, PACKAGE_VERSION, AGENT)
        return EpisodeRecord(*named, options=options | self._made_of, opening=self.opening, turns=turns)

    def _keep(self, action: SynthAuditAction, seen: SynthAuditObservation) -> None:
        if action.action_type in DECISIONS:
            self.decided[action.proposal_id or ""] = action
        elif action.action_type != _REPORT:
            self._asked.add(_key(action))
        self.known.learn(seen.result)


def read_action(action: SynthAuditAction | Mapping[str, Any]) -> SynthAuditAction:
    """The action that a form's fields make. Raises DeskError naming the field that cannot be meant."""
    if isinstance(action, SynthAuditAction):
        return action
    try:
        return SynthAuditAction.model_validate(dict(action))
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))[:60]
        raise DeskError(f"The field {place or 'of the action'} cannot be taken: {first['msg']}.") from problem


def _key(action: SynthAuditAction) -> tuple[str | None, ...]:
    """What makes a look-up the same as another."""
    return (action.action_type, action.proposal_id, action.patient_id, action.feature)


def _fits(action: SynthAuditAction) -> bool:
    """Whether an action has the arguments that it needs, and no other."""
    if action.action_type not in TOOLS:
        return False
    tool = TOOLS[action.action_type]
    given = {name for name in ARGUMENT_NAMES if getattr(action, name) is not None}
    return set(tool.needed) <= given <= {*tool.needed, *tool.optional}


def _cost(*besides: str) -> float:
    return sum(REWARDS[event] for event in (STEP, *besides)) / 1000
