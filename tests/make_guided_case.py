"""Write the guided case of the page: one wrong proposal of an episode, and what the outcome says of it.

    uv run python tests/make_guided_case.py        # writes server/page/data/guided_case.json

Its Actor never applied the override that decides. Nothing is made up: all texts are answers of the environment, and the
claim of the flag is right. Where the world is changed, look for another wrong proposal on the override of the window.
"""

import json
import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from synth_audit_env import __version__
from synth_audit_env.error_types import OVERRIDE
from synth_audit_env.fault_types import IGNORED
from synth_audit_env.models import SynthAuditAction
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS

FILE = Path(__file__).resolve().parents[1] / "server" / "page" / "data" / "guided_case.json"
SEED, PROPOSAL = 92, "PROP-008"
ROLES = ("window", "exception", "override")
REASON = (
    "The Actor never applied {override}. The comorbidity index of {index} is above {threshold:g}, so the limit is "
    "{limit} days, and {days} are late."
)
STEPS = (
    ("claim", "An AI has made this claim. Does it hold?"),
    ("record stage treatment_start", "The record: treatment began on day {days}."),
    ("window", "The rule: at most {window} days. Day {days} is late."),
    ("exception", "The exception: {exception} days in Stage {stage}. Day {days} is in time."),
    ("", "Would you have caught an error here?"),
    ("comorbidity_index override", "The claim is wrong."),
)
"""What the page lights at each step, and what it says of it."""
RECORD = ("age", "sex", "stage", "histology", "ecog", "comorbidity_index", "enrolment_date", "treatment_start")


def guided_case() -> str:
    """Play the episode; the text of the file with what the page shows of it."""
    scenario = build_scenario(TIERS["hard"], SEED, "train")
    proposal = scenario.proposal[PROPOSAL]
    clauses = scenario.trial.protocol.asked("window").clauses
    cascade = [clause for clause in clauses if clause.in_force is None]
    episode: dict[str, Any] = {"task_id": TIERS["hard"].task_id, "split": "train", "seed": SEED}
    env = SynthAuditEnvironment()
    protocol = str(env.reset(**episode, settlement="terminal").protocol_excerpt)

    def answer(action_type: str, **fields: str) -> Any:
        observation = env.step(SynthAuditAction.model_validate({"action_type": action_type, **fields}))
        return observation.result.model_dump() if observation.result else observation.error

    review = answer("review_proposal", proposal_id=proposal.note.proposal_id)
    record = answer("investigate_patient", patient_id=review["patient_id"])
    intervals = answer("temporal_audit", patient_id=review["patient_id"])["intervals"]
    days = next(interval["days"] for interval in intervals if interval["end"] == "treatment start")
    keys = {role: f"§{clause.number}" for role, clause in zip(ROLES, cascade, strict=True)}
    limits = {role: int(clause.value) for role, clause in zip(ROLES, cascade, strict=True) if clause.value is not None}
    known = {"index": record["comorbidity_index"], "threshold": cascade[-1].when[0].value, "limit": limits["window"]}
    claim = {"fault": IGNORED, "where": keys["override"], "should_be": str(record["comorbidity_index"])}
    flag = {"error_type": OVERRIDE, "reason": REASON.format(days=days, **keys, **known), **claim}
    answer("flag_error", proposal_id=proposal.note.proposal_id, **flag)
    outcomes = answer("submit_audit_report", report="One proposal is wrong.")["outcome"]["proposals"]
    outcome = next(found for found in outcomes if found["proposal_id"] == proposal.note.proposal_id)
    if not (outcome["type_right"] and outcome["claim_right"] and outcome["number_right"]):
        raise SystemExit(f"The claim of the guided case is not right in full: {claim}. True is {outcome['faults']}.")
    truth, deed = outcome["explanation"].split(" The Actor ")
    texts = dict(re.findall(r"^(§[\d.]+) (.+)$", protocol, re.MULTILINE))
    sentences = [line.format(days=days, stage=record["stage"], **limits) for _, line in STEPS]
    case = {
        "version": __version__, **episode, "review": review,
        "record": {field: record[field] for field in RECORD},
        "days": days,
        "clauses": {role: {"key": key, "text": texts[key], "limit": limits.get(role)} for role, key in keys.items()},
        "steps": [{"lit": lit.split(), "said": text} for (lit, _), text in zip(STEPS, sentences, strict=True)],
        "answer": {**flag, "truth": truth, "deed": f"The Actor {deed}"},
    }  # fmt: skip
    return json.dumps(case, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    FILE.write_text(guided_case(), encoding="utf-8")
