"""The processor time of a reset and a step of real environments beside ours: in one process, without a server.

    uv run --with textarena --with reasoning-gym --with minigrid python benchmarks/environments.py

Others are textarena's Sudoku and Sokoban, reasoning-gym's zebra puzzles (a task is a reset, a scored answer a step) and
MiniGrid's DoorKey. Ours are audits by a script that looks up all there is, so that steps are those of an audit. Medians
over episodes; ratios are to our hard tier. The packages are no dependency of this project. The report goes to
outputs/bench/environments.json, and document.py writes it into docs/speed.md.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from synth_audit_env.benchmarks.document import REPORTS, document, write_report

BASE = "ours, hard"
Episode = tuple[Callable[[], Any], Sequence[Callable[[], Any]]]
"""A reset, and steps that follow it."""


def repeated(reset: Callable[[], Any], step: Callable[[], Any], steps: int) -> Iterator[Episode]:
    """Episodes of the same step again and again."""
    return itertools.repeat((reset, [step] * steps))


def textarena(name: str, action: str, steps: int = 20) -> Iterator[Episode]:
    """Episodes of a game for one player, who repeats an action."""
    import textarena as ta

    env = ta.make(name)
    return repeated(lambda: env.reset(num_players=1), lambda: (env.get_observation(), env.step(action=action)), steps)


def zebra() -> Iterator[Episode]:
    """Tasks of reasoning-gym, each with one answer."""
    import reasoning_gym

    entries, entry = iter(reasoning_gym.create_dataset("zebra_puzzles", size=10_000, seed=1)), dict[str, Any]()
    dataset = reasoning_gym.create_dataset("zebra_puzzles", size=1, seed=1)
    return repeated(
        lambda: entry.update(next(entries)), lambda: dataset.score_answer(answer="nobody", entry=entry), steps=1
    )


def minigrid() -> Iterator[Episode]:
    """Episodes in which the agent turns round and round."""
    import gymnasium
    import minigrid as _  # noqa: F401  # registers its environments

    env, seeds = gymnasium.make("MiniGrid-DoorKey-8x8-v0"), itertools.count()
    return repeated(lambda: env.reset(seed=next(seeds)), lambda: env.step(0), steps=50)


def ours(tier: str) -> Iterator[Episode]:
    """Audits of the test split by the heuristic, recorded before they are timed."""
    from synth_audit_env.agents.heuristic import HeuristicAuditor
    from synth_audit_env.rollouts.rollout import play
    from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
    from synth_audit_env.server.world.scenario import build_scenario
    from synth_audit_env.server.world.tasks import options_of

    env, index = SynthAuditEnvironment(build=build_scenario), 0
    while True:
        options = {**options_of(tier), "split": "test", "index": index}
        turns = list(play(HeuristicAuditor(), env.reset(**options), env.step))
        yield (
            lambda options=options: env.reset(**options),
            [lambda action=turn.action: env.step(action) for turn in turns],
        )
        index += 1


ENVIRONMENTS: dict[str, Callable[[], Iterator[Episode]]] = {
    "textarena, Sudoku": lambda: textarena("Sudoku-v0", "[1 1 5]", steps=3),
    "textarena, Sokoban": lambda: textarena("Sokoban-v0", "[up]"),
    "reasoning-gym, zebra puzzles": zebra,
    "MiniGrid, DoorKey 8x8": minigrid,
    **{f"ours, {tier}": lambda tier=tier: ours(tier) for tier in ("easy", "hard", "expert", "frontier-6")},
}


def measure(episodes: Iterator[Episode], count: int) -> dict[str, float]:
    """Median microseconds of a reset and, episode by episode, of a step; the first episode warms up."""
    taken = []
    for reset, actions in itertools.islice(episodes, count + 1):
        began = time.process_time_ns()
        reset()
        begun = time.process_time_ns()
        for action in actions:
            action()
        taken.append((begun - began, (time.process_time_ns() - begun) / len(actions)))
    resets, steps = zip(*taken[1:], strict=True)
    return {"reset_us": statistics.median(resets) / 1e3, "step_us": statistics.median(steps) / 1e3}


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="environments.py", description=__doc__.splitlines()[0])
    parser.add_argument("--episodes", type=int, default=40, help="of each environment (default: %(default)s)")
    chosen = parser.parse_args(argv)
    measured = {name: measure(episodes(), chosen.episodes) for name, episodes in ENVIRONMENTS.items()}
    found = {"environments": rows(measured)}
    print(document(write_report(REPORTS / "environments.json", "benchmarks/environments.py", chosen, found)))


def rows(measured: Mapping[str, Mapping[str, float]]) -> list[dict[str, Any]]:
    """The rows of the report: each environment, with ratios to our hard tier."""
    base = measured[BASE]
    return [
        {"environment": name, **own, "step_ratio": own["step_us"] / base["step_us"]}
        | {"reset_ratio": own["reset_us"] / base["reset_us"]}
        for name, own in measured.items()
    ]


if __name__ == "__main__":
    main()
