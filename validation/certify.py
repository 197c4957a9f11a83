"""Measures every claim of the project about itself and writes the certificate; exits with 1 when a claim fails.

    uv run python -m synth_audit_env.validation.certify            # writes outputs/certificate.json and .md
    uv run python -m synth_audit_env.validation.certify --quick    # fewer episodes, writes nothing: what CI runs
    uv run python -m synth_audit_env.validation.certify --claim tools faults    # only these; writes nothing

With few episodes a bar is missed only where a whole interval lies beyond it, stretched since there are many bars. So
`--quick` finds what has gone badly wrong, and the certificate that is kept says how well things are.

The same code on the same Python gives the same certificate, but for times. It needs the extra `eval`, and exits with 2
without it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from ..comparison import NEEDS_EVAL, has_eval

if TYPE_CHECKING:
    from .certificate import Measurement
    from .episodes import Scale

OUTPUTS = Path(__file__).resolve().parent.parent / "outputs"
CLAIMS: Mapping[str, tuple[str, str]] = {
    "shortcuts": ("No shortcut: the queue and the notes do not tell a label", "attackers:measure"),
    "channel": ("No leak through the channel: answers and their times carry no label", "channel:measure"),
    "degenerate": ("Degenerate policies stay down", "degenerate:measure"),
    "learned": ("A policy that learns to skip a part of the evidence finds few mistakes", "learned:measure"),
    "faults": ("Nobody names faults without looking, and whoever looks can", "fault_attackers:measure"),
    "optimum": ("The optimum is the audit", "auditors:optimum"),
    "tools": ("What each tool is worth, and which decide cases", "auditors:tools"),
    "difficulty": ("Difficulty is real", "auditors:difficulty"),
    "frontier": ("The frontier's dial makes audits harder, and never unsolvable", "frontier:measure"),
    "invariances": ("What does not matter moves nothing", "invariances:measure"),
    "replay": ("Logged episodes replay to the same bytes", "replay:measure"),
}
"""By name: the claim, and the function that measures it, by name: to import all of them takes seconds, which nobody
should wait for who has mistyped a flag."""


def certify(claims: Sequence[str], scale: Scale) -> dict[str, list[Measurement]]:
    """Measure these claims and print each figure as it comes. The measurements are returned by claim."""
    measured: dict[str, list[Measurement]] = {}
    for name in claims:
        title, function = CLAIMS[name]
        print(f"\n{title}", flush=True)
        started, measured[name] = time.process_time(), []
        for row in resolve_name(f"{__package__}.{function}")(scale):
            measured[name].append(row)
            print(row.line(doubt=scale.doubt), flush=True)
        print(f"{name} took {time.process_time() - started:.0f} s of processor time.", flush=True)
    return measured


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program. Returns 0 when every bar is met, else 1."""
    parser = argparse.ArgumentParser(prog="certify", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer episodes; prints, and writes nothing")
    parser.add_argument("--claim", nargs="+", choices=CLAIMS, metavar="CLAIM", help=f"only of {', '.join(CLAIMS)}")
    chosen = parser.parse_args(argv)
    if not has_eval():
        print(f"certify: The certificate needs {NEEDS_EVAL}.", file=sys.stderr)
        return 2
    from .certificate import as_json, as_markdown
    from .episodes import FULL, QUICK

    scale = QUICK if chosen.quick else FULL
    measured = certify(chosen.claim or list(CLAIMS), scale)
    if not (chosen.quick or chosen.claim):
        titles = {name: title for name, (title, _) in CLAIMS.items()}
        (OUTPUTS / "certificate.json").write_text(as_json(titles, measured), encoding="utf-8")
        (OUTPUTS / "certificate.md").write_text(as_markdown(titles, measured), encoding="utf-8")
    rows = [(name, row) for name, of_claim in measured.items() for row in of_claim]
    missed = [(name, row) for name, row in rows if not row.passed(doubt=scale.doubt)]
    held = sum(row.bar is not None for _, row in rows)
    print(f"\n{held - len(missed)} of {held} bars are met; {len(rows) - held} more figures inform.")
    for name, row in missed:
        print(f"Missed: {name}, {row.what}, {row.tier}: {row.figure.value:.4g}, on {row.seeds}. {row.note}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
