"""Claim "channel", on a real server: no byte that it sends before an episode ends tells the truth about a proposal.

Two servers run as processes of their own: one as it is, and one on which every label is flipped as soon as an episode
is built. The same is asked of both on raw sockets: every route, and episodes over each endpoint that plays them. What
the first sends is searched for words of the hidden truth. And headers, frame lengths, ids and the order of keys
included, both send the same bytes, but for the clock, the handshake's key, session ids, and, in immediate settlement,
the reward of a decision.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from statistics import fmean

from ...models import EpisodeOutcome, ProposalOutcome
from ...rollouts.own_server import own_server
from ...server.application import build_app
from ...server.audit.briefing import briefing
from ...server.audit.episode import SETTLEMENTS
from ...server.audit.reward_model import REWARDS
from ...server.serving.settings import Settings
from ...server.world.actor_agent import Brief
from ...server.world.argument import Argument
from ...server.world.explanation import SOUND
from ...server.world.operators import OPERATORS, Bug
from ...server.world.protocol import ERROR_TYPES, Judgement
from ...server.world.scenario import Proposal, Scenario
from ...server.world.tasks import TIERS
from ..certificate import Measurement, at_least, counted, exact
from ..episodes import Scale, first, scenario, scenarios
from . import server_requests as served
from .answers import Answer, changed
from .raw_sockets import WebSocketLine
from .server_requests import Play, Request, Trial

SPLIT = "validation"
FLIPPED = """
import os, threading
threading.Thread(target=lambda: (os.read(0, 1), os._exit(0)), daemon=True).start()
from synth_audit_env.server import app, scenario_cache
from synth_audit_env.validation.channel.asks import twin
build, build_aside = scenario_cache.build_scenario, scenario_cache.build_aside
async def flipped_aside(*world):
    return twin(await build_aside(*world))
scenario_cache.build_scenario = lambda *world: twin(build(*world))
scenario_cache.build_aside = flipped_aside
app.main()
"""
"""The server on which every label is flipped. It ends when its standard input does, as `own_server` asks."""


@dataclass
class Scan:
    """What has been found so far."""

    messages: int = 0
    bytes: int = 0
    words: list[str] = field(default_factory=list)
    """Episode, message and word."""
    changes: list[str] = field(default_factory=list)
    """Episode and message."""
    ends_told: list[bool] = field(default_factory=list)
    """Whether words of the truth are found in the last answer of an episode."""
    ends_changed: list[bool] = field(default_factory=list)
    """Whether it changes with the labels."""


def measure(scale: Scale) -> Iterator[Measurement]:
    """Start both servers, play on them, and say what was found."""
    count = max(1, scale.played // 20)
    trials = list(trials_of(count))
    scan = Scan()
    routes = served.routes_of(build_app(Settings()))
    requests = list(served.requests_of(routes))
    with own_server() as as_it_is, own_server(FLIPPED) as flipped:
        servers = (as_it_is, flipped)
        counted_apart = differing_counts(servers, trials[0])
        before = served.documents(servers[0], requests)
        for number, trial in enumerate(trials):
            for turn, play in enumerate(served.PLAYS):
                scan_episode(scan, play, trial, SETTLEMENTS[(number + turn) % 2], servers)
        differing = changed_documents(before, servers, trials[0])
    seeds = f"{first(SPLIT, count)} and test 0 of each tier, reference 0-2, adaptive {SPLIT} 0 at each level"
    left_out = served.unread(routes)
    asked = len({(one.method, one.route) for one in requests})
    of_routes = f"Of FastAPI's table {asked} are asked and {len(served.PLAYED)} played at."
    of_requests = (
        f"{len(requests)} requests, schemas, Task API and refused ones among them, before, during and after episodes. "
        f"{' and '.join(served.COUNTING)} count sessions and steps, and have to count the same with flipped labels."
    )
    of_messages = (
        f"{scan.messages} messages with {scan.bytes} bytes, over /ws, the socket and the HTTP of /mcp, and plain HTTP, "
        "each in both settlements by turns."
    )
    for what, found, note in (
        ("routes of the server that the scan does not read", left_out, of_routes),
        (
            "answers to requests outside an episode that change when all labels are flipped, or while episodes run",
            differing + counted_apart,
            of_requests,
        ),
        ("hidden words (labels, flaws, explanations) in what a server sends before the end", scan.words, of_messages),
        ("messages of a server before the end that change when all labels are flipped", scan.changes, of_messages),
    ):
        yield counted(what, found, seeds, note)
    note = "The outcome tells the truth: a scan that missed it would be blind."
    for what, ends in (
        ("in which the scan finds hidden words", scan.ends_told),
        ("that change when all labels are flipped on a server", scan.ends_changed),
    ):
        yield exact(f"control: share of final answers {what}", fmean(ends), at_least(1.0), seeds, note)


def trials_of(count: int) -> Iterator[Trial]:
    """Episodes of every tier, of both halves of the rhetoric, of the reference tasks, and of the adaptive task."""
    for tier in TIERS:
        yield from map(Trial.of, scenarios(tier, SPLIT, count))
        yield Trial.of(scenario(tier, "test", 0))
        yield served.adaptive(SPLIT, 0, tier)
    for index, tier in enumerate(("easy", "medium", "hard")):
        yield Trial.of(scenario(tier, "reference", index))


def scan_episode(scan: Scan, play: Play, trial: Trial, settlement: str, servers: tuple[str, str]) -> None:
    """Play an episode in one way on both servers, and read what comes."""
    asks = served.asks_of(trial.scenario)
    as_it_is, flipped = (play(server, trial, settlement, asks) for server in servers)
    at = f"{trial.name}, {settlement}"
    *sent, end = as_it_is
    scan.messages += len(sent)
    scan.bytes += sum(len(one.sent) for one in sent)
    scan.words += [f"{at}, {one.ask.kind}: {word}" for one in sent for word in words_in(one, trial.scenario)]
    scan.ends_told.append(bool(words_in(end, trial.scenario)))
    *sent, end = map(served.timeless, as_it_is)
    *others, other_end = map(served.timeless, flipped)
    scan.changes += [f"{at}, {kind}" for kind in changed(sent, others, settlement)]
    scan.ends_changed.append(bool(changed([end], [other_end], settlement)))


@contextmanager
def under_way(server: str, trial: Trial, asked: int, episode_id: str = "scanned") -> Iterator[None]:
    """While an episode runs in which so many things were asked; -1 is all but the report."""
    with WebSocketLine(server, "/ws") as line:
        line.exchange(served.opening(trial, "immediate", episode_id).message)
        for ask in served.asks_of(trial.scenario)[:asked]:
            line.exchange(ask.message)
        yield


def differing_counts(servers: tuple[str, str], trial: Trial) -> list[str]:
    """The counting routes that differ between the server as it is and the flipped one, while an episode runs."""
    told = []
    for server in servers:
        with under_way(server, trial, -1):
            told.append(served.counts(server))
    return [f"GET {path}, by label" for path in served.COUNTING if told[0][path] != told[1][path]]


def changed_documents(first: dict[Request, bytes], servers: tuple[str, str], trial: Trial) -> list[str]:
    """The requests whose answers change, on either server, while an episode runs or after it."""
    changed: list[str] = []
    for server in servers:
        with under_way(server, trial, trial.scenario.tier.steps // 2, served.UNFINISHED):
            during = served.documents(server, list(first))
        after = served.documents(server, list(first))
        for request, answer in first.items():
            if request.path not in served.COUNTING and {during[request], after[request]} != {answer}:
                changed.append(f"{request.method} {request.path} {request.body or ''}".strip())
    return changed


_PUBLIC = {"note", "name", "verdict", "parameters", "proposal_id", "proposals", "decision", "error_type"}
_KEYS = (
    {one.name for kind in (Proposal, Brief, Bug, Argument, Judgement) for one in fields(kind)}
    | set(EpisodeOutcome.model_fields)
    | set(ProposalOutcome.model_fields)
) - _PUBLIC
"""Fields of what is hidden, and of what is only told at the end."""
_WORDS = {"is_wrong", '"outcome":{', SOUND, *(operator for operator in OPERATORS if "_" in operator)}
_WORDS |= {f'"{key}":' for key in _KEYS} | set(REWARDS) - {"reason", "report", "step"}
_LISTS = (", ".join(ERROR_TYPES), json.dumps(ERROR_TYPES, separators=(",", ":")))
"""All error types in a row name none: a refusal and the list of tools say which there are. So does the briefing of a
tier, which is the same for all of its episodes."""
_MADE_OF = re.compile(r'"error_types":\[[^]]*\]')
"""The state of an adaptive episode says which kinds of error it may have: of no proposal, whether it has one."""
_JUDGING = re.compile(r"\b(?:in)?correct(?:ly)?\b|\bmistaken\b|\bground.truth\b", re.IGNORECASE)


def words_in(answer: Answer, trial: Scenario) -> list[str]:
    """Words of the truth in an answer that the question, as it was asked, did not put there.

    They are the names of hidden fields, flaws and rewards, any sentence of an explanation and what it says that the
    Actor did, an error type that stands alone, and, outside the Actor's own prose, what calls something correct or not.
    """
    text, asked = _MADE_OF.sub("", answer.sent.decode(errors="replace")), answer.ask.message
    refusal = f"here: they are {', '.join(trial.tier.error_types)}."
    for listed in (refusal, *_LISTS, json.dumps(briefing(trial.tier))[1:-1]):
        text = text.replace(listed, "")
    sentences = {one for proposal in trial.proposals for one in _sentences(proposal.explanation)}
    deeds = {proposal.flaw for proposal in trial.proposals}
    found = [word for word in (*_WORDS, *ERROR_TYPES, *sentences, *deeds) if word in text and word not in asked]
    for proposal in trial.proposals:
        text = text.replace(json.dumps(proposal.note.reasoning, ensure_ascii=False)[1:-1], "")
    return sorted(found) + _JUDGING.findall(text)


def _sentences(explanation: str) -> list[str]:
    """The sentences as they are written in JSON."""
    return [json.dumps(one, ensure_ascii=False)[1:-1] for one in re.split(r"(?<=\.) (?=[A-Z§])", explanation)]
