"""Measures every claim of the project about itself and writes the certificate; exits with 1 when a claim fails.

    uv run python -m synth_audit_env.validation.certify            # writes outputs/certificate.json and .md
    uv run python -m synth_audit_env.validation.certify --quick    # fewer episodes, writes nothing: what CI runs

With few episodes a bar is missed only where a whole interval lies beyond it, stretched since there are many bars; and
no more of the plain intervals may lie beyond their bars than chance explains. So `--quick` finds what has gone badly
wrong, and the certificate that is kept says how well things are.

The same code on the same Python gives the same certificate, but for what is a time or memory of a process. It needs
the extra `eval`, and exits with 2 without it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from ..comparison import NEEDS_EVAL, has_eval

if TYPE_CHECKING:
    from .certificate import Measurement
    from .episodes import Scale

OUTPUTS = Path(__file__).resolve().parent.parent / "outputs"
Measure = Callable[["Scale"], Iterator["Measurement"]]
Claim = tuple[str, tuple[str | Measure, ...]]
CLAIMS: Mapping[str, Claim] = {
    "shortcuts": (
        "No shortcut: the queue and the notes do not tell a label",
        ("shortcuts.probes:measure", "shortcuts.evidence_probes:measure"),
    ),
    "channel": (
        "No leak through the channel: rewards, state, errors, sizes and times carry no label",
        ("channel.probes:measure", "channel.byte_scan:measure"),
    ),
    "degenerate": ("Degenerate policies stay down", ("blind.degenerate:measure",)),
    "faults": ("Nobody names faults without looking, and whoever looks can", ("blind.guessed_faults:measure",)),
    "optimum": ("The optimum is the audit", ("auditors.claims:optimum",)),
    "tools": ("What each tool is worth, and which decide cases", ("auditors.claims:tools",)),
    "difficulty": ("Difficulty is real", ("auditors.claims:difficulty",)),
    "frontier": ("The frontier's dial makes audits harder, and never unsolvable", ("auditors.frontier:measure",)),
    "invariances": ("What does not matter moves nothing", ("worlds.invariances:measure",)),
    "replay": ("Logged episodes replay to the same bytes", ("worlds.replay:measure",)),
}
"""By name: what the project says of itself, and what measures it, by the names of these functions: to import all of
them takes seconds, which nobody should wait for who has mistyped a flag."""


def certify(claims: Mapping[str, Claim], scale: Scale) -> dict[str, list[Measurement]]:
    """Measure these claims and print each figure as it comes. The measurements are returned by claim."""
    measured: dict[str, list[Measurement]] = {}
    for name, (text, measures) in claims.items():
        print(f"\n{text}", flush=True)
        measured[name] = []
        for measure in measures:
            measured_by = resolve_name(f"{__package__}.{measure}") if isinstance(measure, str) else measure
            for one in measured_by(scale):
                measured[name].append(one)
                print(one.line(doubt=scale.doubt), flush=True)
    return measured


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program. Returns 0 when every bar is met and there is one, else 1."""
    parser = argparse.ArgumentParser(prog="certify", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer episodes; prints, and writes nothing")
    parser.add_argument("--claim", nargs="+", choices=CLAIMS, metavar="CLAIM", help=f"only of {', '.join(CLAIMS)}")
    chosen = parser.parse_args(argv)
    if not has_eval():
        print(f"certify: The certificate needs {NEEDS_EVAL}.", file=sys.stderr)
        return 2
    from .certificate import as_json, as_markdown
    from .episodes import FULL, QUICK, fingerprint
    from .estimates import most_beyond_by_chance

    scale = QUICK if chosen.quick else FULL
    claims = {name: CLAIMS[name] for name in chosen.claim or CLAIMS}
    measured = certify(claims, scale)
    if not (chosen.quick or chosen.claim):
        titles = {name: text for name, (text, _) in CLAIMS.items()}
        OUTPUTS.mkdir(exist_ok=True)
        (OUTPUTS / "certificate.json").write_text(as_json(titles, measured, fingerprint()), encoding="utf-8")
        (OUTPUTS / "certificate.md").write_text(as_markdown(titles, measured), encoding="utf-8")
    rows = [(name, one) for name, of_claim in measured.items() for one in of_claim]
    missed = [(name, one) for name, one in rows if not one.passed(doubt=scale.doubt)]
    held = sum(one.bar is not None for _, one in rows)
    beyond = sum(not one.passed(doubt=1) for _, one in rows) if scale.doubt else 0
    too_many = beyond > most_beyond_by_chance(held)
    print(f"\n{held - len(missed)} of {held} bars are met; {len(rows) - held} more figures inform.")
    for name, one in missed:
        print(f"Missed: {name}, {one.what}, {one.tier}: {one.figure.value:.4g}, on {one.seeds}. {one.note}")
    if not held:
        print("Nothing here was held to a bar, so this certifies nothing.")
    if too_many:
        print(f"{beyond} intervals of 95 % lie beyond their bars, more than chance explains.")
    return 1 if missed or too_many or not held else 0


if __name__ == "__main__":
    sys.exit(main())
