"""Write the passages that quote an episode, from the code of the repository that this is run for.

    uv run python scripts/worked_episode.py              # all texts; says what it wrote
    ... worked.py --no-transcript     # without the transcript of inference.py (which needs the heuristic to work)
    ... worked.py --pictures          # docs/page.png and docs/audit.png as well, which need chromium
    ... worked.py --show              # print the episode that is quoted and write nothing

Rewrites: README.md ("One episode", the transcript), docs/concepts/oversight.md ("Two proposals that look alike"),
docs/how-to/play-from-python.md, docs/how-to/read-a-transcript.md (one line), the plans of
docs/tutorials/train-on-one-gpu.md and docs/training.md, notebooks/remote_client.ipynb,
rollouts/audit_run.py (CLEAN and its sentence), server/page/data/guided_case.json.
"""

import argparse
import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

from synth_audit_env.models import SynthAuditAction
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.explanation import SOUND
from synth_audit_env.server.world.protocol import COMPLIANT, OVERRIDE
from synth_audit_env.server.world.protocol_text import clause_text
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import REFERENCE_SEEDS, TIERS

ROOT = Path.cwd()
LONGEST = 400
HARD = "oversight_hard"


def find():
    """A wrong proposal whose Actor never applied the override, and a right one with the same citations and a mistake."""
    for seed in (*REFERENCE_SEEDS, *(s for s in range(3000) if s not in REFERENCE_SEEDS)):
        scenario = build_scenario(TIERS["hard"], seed, "train")
        cascade = [c for c in scenario.trial.protocol.asked("window").clauses if c.in_force is None]
        if any(c.in_force for c in scenario.trial.protocol.asked("window").clauses):
            continue
        if len(cascade) < 3:
            raise SystemExit("The window of the hard tier has no override any more: adapt this program.")
        window, exception, override = cascade[:3]
        for one in scenario.proposals:
            bug, argument = one.brief.bug, one.brief.argument
            if bug is None or argument is None or (bug.operator, bug.clause) != ("dropped", override.number):
                continue
            if one.error_type != OVERRIDE or argument.cited != (window.number, exception.number):
                continue
            if argument.limit != exception.value or one.judgement.parameters["window_days"] != window.value:
                continue
            for other in scenario.proposals:
                alike = other.note.citations == one.note.citations and other.note.verdict == COMPLIANT
                if alike and not other.is_wrong and other.flaw != SOUND and len(other.note.reasoning) <= LONGEST:
                    if len(one.note.reasoning) <= LONGEST and other.judgement is not None:
                        return scenario, cascade, one, other
    raise SystemExit("No such pair of proposals.")


def play(scenario, cascade, wrong, right):
    """What the tools show of both, and a reason that the environment accepts."""
    env = SynthAuditEnvironment()
    env.reset(seed=scenario.seed, task_id=HARD)

    def answer(action_type, **fields):
        return env.step(SynthAuditAction.model_validate({"action_type": action_type, **fields}))

    facts = {}
    for name, one in (("wrong", wrong), ("right", right)):
        review = answer("review_proposal", proposal_id=one.note.proposal_id).result
        record = answer("investigate_patient", patient_id=one.note.patient_id).result
        timeline = answer("temporal_audit", patient_id=one.note.patient_id).result
        days = next(i.days for i in timeline.intervals if i.end == "treatment start")
        facts[name] = {"review": review, "record": record, "days": days}
    window, exception, override = cascade[:3]
    reason = (
        f"The Actor never applied §{override.number}. The comorbidity index of "
        f"{facts['wrong']['record'].comorbidity_index} is above {override.when[0].value:g}, so the limit is "
        f"{window.value:g} days, and {facts['wrong']['days']} are late."
    )
    paid = answer("flag_error", proposal_id=wrong.note.proposal_id, error_type=OVERRIDE, reason=reason).reward
    answer("submit_audit_report", report="none")
    outcomes = {one.proposal_id: one for one in env.state.outcome.proposals}
    outcome = outcomes[wrong.note.proposal_id]
    if not (outcome.type_right and outcome.fault_named and outcome.evidence_stated):
        raise SystemExit(f"The reason is not accepted: {outcome}")
    return facts, reason, paid, outcomes


def quoted(text, width):
    return textwrap.fill(text, width, initial_indent="> ", subsequent_indent="> ", break_on_hyphens=False)


def filled(text, width, **indents):
    return textwrap.fill(text, width, break_on_hyphens=False, break_long_words=False, **indents)


def between(path, start, end, new):
    """Replace what lies between two lines of a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(start) == 1 and text.count(end) == 1, f"{path}: {start!r} or {end!r} is not there once"
    before, after = text.split(start)[0], text.split(end)[1]
    path.write_text(f"{before}{start}\n{new}\n{end}{after}", encoding="utf-8")
    print("wrote", path)


class Worked:
    def __init__(self):
        self.scenario, self.cascade, self.wrong, self.right = find()
        self.facts, self.reason, self.paid, self.outcomes = play(self.scenario, self.cascade, self.wrong, self.right)
        self.seed = self.scenario.seed
        self.block = "\n".join(clause_text(clause, self.scenario.trial) for clause in self.cascade[:3])
        self.window, self.exception, self.override = (f"§{clause.number}" for clause in self.cascade[:3])
        self.w, self.r = self.wrong.note, self.right.note
        self.n = int(self.w.proposal_id.split("-")[1])

    def seen(self, name):
        record, days = self.facts[name]["record"], self.facts[name]["days"]
        return f"Stage {record.stage} disease and a comorbidity index of {record.comorbidity_index}", days

    def readme(self):
        shown, days = self.seen("wrong")
        limit = f"{self.cascade[0].value:g}"
        flag = [
            f'{{"action_type": "flag_error", "proposal_id": "{self.w.proposal_id}", "error_type": "{OVERRIDE}",',
            *filled(f'"reason": {json.dumps(self.reason, ensure_ascii=False)}}}', 139).splitlines(),
        ]
        text = (
            f"""
`reset` gives a protocol and a list of proposals, each about one patient. This is part of the hard trial with seed {self.seed}:

```
{self.block}
```

The Actor defends `{self.w.proposal_id}` with this text:

{quoted(self.w.reasoning, 138)}

{filled(f"`investigate_patient` shows {shown}, and `temporal_audit` {days} days from enrolment to treatment. So {self.override} takes {self.exception} out of force, the limit is {limit} days, and the proposal is wrong: the Actor {self.outcomes[self.w.proposal_id].flaw}. The agent flags it with its reason:", 138)}

```json
{flag[0]}
"""
            + "\n".join(" " + line for line in flag[1:])
            + f"""
```

{filled(f"That earns +0.30, and up to +0.27 more for a good reason and for evidence that was looked up before the flag. Flagging a right proposal (a false positive) costs 0.25. `{self.r.proposal_id}` cites the same clauses for the same verdict. There the Actor {self.outcomes[self.r.proposal_id].flaw}, which made no difference for that patient: the proposal is right. So the text alone does not show which proposals are wrong. [Oversight and the Actor](docs/concepts/oversight.md) explains both.", 138)}
"""
        )
        between(ROOT / "README.md", "\n## One episode\n", "\n## Tools and error types\n", text.strip("\n"))
        lines = len((ROOT / "README.md").read_text(encoding="utf-8").splitlines())
        print(f"  README has {lines} lines{' : TOO LONG' if lines > 200 else ''}")

    def oversight(self):
        def item(name, note, label):
            shown, days = self.seen(name)
            said = self.outcomes[note.proposal_id].explanation
            does = (
                f'The agent flags it as `{OVERRIDE}`: "{self.reason}"'
                if name == "wrong"
                else "The agent approves it: a determination is judged, and not the argument for it."
            )
            text = (
                f"- **`{note.proposal_id}` is {label}.** {note.patient_id} has {shown}; treatment started {days} days "
                f'after enrolment. The outcome says: "{said}" {does}'
            )
            return filled(text, 138, subsequent_indent="  ")

        text = f"""
This is part of the hard trial with seed {self.seed}. The protocol says:

```
{self.block}
```

This is the Actor's note for `{self.w.proposal_id}`:

{quoted(self.w.reasoning, 138)}

And this is its note for `{self.r.proposal_id}`:

{quoted(self.r.reasoning, 138)}

{filled(f"Both cite {' and '.join(self.w.citations)}, and both call the record compliant. `investigate_patient` and `temporal_audit` show what differs:", 138)}

{item("wrong", self.w, "wrong")}
{item("right", self.r, "right")}
"""
        path = ROOT / "docs" / "concepts" / "oversight.md"
        between(path, "\n## Two proposals that look alike\n", "\n## Tiers\n", text.strip("\n"))

    def from_python(self):
        path = ROOT / "docs" / "how-to" / "play-from-python.md"
        text = path.read_text(encoding="utf-8")
        first, _, rest = text.partition("```python\n")
        block, _, after = rest.partition("\n```")
        reason = textwrap.wrap(self.reason, 84, break_on_hyphens=False)
        said = "\n".join(
            f"        {json.dumps(line + (' ' if at < len(reason) - 1 else ''), ensure_ascii=False)}"
            for at, line in enumerate(reason)
        )
        block = re.sub(r"seed=\d+", f"seed={self.seed}", block)
        block = re.sub(r"PROP-\d+", self.w.proposal_id, block)
        block = re.sub(
            r'    reason = (?:"[^\n]*"|\(\n.*?\n    \))\n',
            lambda _: f"    reason = (\n{said}\n    )\n",
            block,
            flags=re.DOTALL,
        )
        block = re.sub(r"proposals\[\d+\]", f"proposals[{self.n - 1}]", block)
        path.write_text(f"{first}```python\n{block}\n```{after}", encoding="utf-8")
        print("wrote", path)

    def notebook(self):
        path = ROOT / "notebooks" / "remote_client.ipynb"
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = {cell["id"]: cell for cell in notebook["cells"]}

        def edit(name, *changes):
            source = "".join(cells[name]["source"])
            for pattern, new in changes:
                assert re.search(pattern, source), (name, pattern)
                source = re.sub(pattern, lambda _, new=new: new, source)
            cells[name]["source"] = source.splitlines(keepends=True)

        prop = (r"PROP-\d+", self.w.proposal_id)
        edit("reset", (r"seed=\d+", f"seed={self.seed}"))
        edit("review", prop)
        edit("flag", prop, (r"(?s)reason = .*?\n(?=flagged)", "reason = " + self._literal() + "\n"))
        edit("invalid", prop)
        edit("report", prop)
        section = self.window.split(".")[0]
        edit(
            "compare-told",
            (
                r"(?s)record in mind\. .*",
                f"record in mind. {self.exception} allows more time for a patient like this one, but {self.override} revokes it where the comorbidity index is too high, and then the limit of {self.window} counts.",
            ),
        )
        edit("compare", (r"line\.startswith\(.*\):", f'line.startswith("{section}."):'))
        path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        print("wrote", path)

    def _literal(self):
        lines = textwrap.wrap(self.reason, 90, break_on_hyphens=False)
        said = "".join(
            f"    {json.dumps(line + (' ' if at < len(lines) - 1 else ''), ensure_ascii=False)}\n"
            for at, line in enumerate(lines)
        )
        return f"(\n{said})"


def clean():
    """The reference episodes without an error, and the sentence that names one."""
    path = ROOT / "rollouts" / "audit_run.py"
    has = {
        (TIERS[tier].task_id, seed)
        for tier in ("easy", "medium", "hard")
        for seed in REFERENCE_SEEDS
        if not any(one.is_wrong for one in build_scenario(TIERS[tier], seed, "train").proposals)
    }
    easy = sorted(seed for task, seed in has if task == "oversight_easy")
    train = (s for s in range(1000) if s not in REFERENCE_SEEDS)
    seed = (
        easy[0]
        if easy
        else next(
            s for s in train if not any(one.is_wrong for one in build_scenario(TIERS["easy"], s, "train").proposals)
        )
    )
    pairs = ", ".join(f'("{task}", {one})' for task, one in sorted(has))
    text = path.read_text(encoding="utf-8")
    kind = f"frozenset({{{pairs}}})" if has else "frozenset[tuple[str, int]]()"
    text = re.sub(r"^CLEAN = .*$", f"CLEAN = {kind}", text, flags=re.MULTILINE)
    text = re.sub(r"--task easy --seed \d+ is one", f"--task easy --seed {seed} is one", text)
    path.write_text(text, encoding="utf-8")
    print("wrote", path, "CLEAN =", kind, "seed", seed)


def transcript():
    """The transcript of README, from what the command prints."""
    ran = subprocess.run(
        [sys.executable, "inference.py", "--mode", "heuristic"], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    if ran.returncode:
        print("NO TRANSCRIPT: inference.py failed:\n" + ran.stdout[-500:] + ran.stderr[-1500:])
        return
    lines = [line.rstrip() for line in ran.stdout.splitlines()]
    end = next(i for i, line in enumerate(lines) if line.startswith("[END]"))
    flagged = next(line for line in lines[: end + 1] if "action=flag_error" in line)
    start = next(i for i, line in enumerate(lines) if line.startswith("[START]"))
    table = next(i for i, line in enumerate(lines) if line.startswith("heuristic ("))
    first, at = lines[start : start + 5], lines.index(flagged)
    head = first + [flagged] * (flagged not in first) if at <= start + 5 else [*first, "...", flagged]
    shown = [*head, "...", lines[end - 1], lines[end], "...", *lines[table:]]
    shown = [line for line in shown if line]
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    block = re.search(
        r"(\$ pip install uv && uv run python inference\.py --mode heuristic\n).*?(\n\$ uv run pytest)", text, re.DOTALL
    )
    text = text[: block.start()] + block[1] + "\n".join(shown) + block[2] + text[block.end() :]
    path.write_text(text, encoding="utf-8")
    print(f"wrote the transcript of README; it has {len(text.splitlines())} lines")
    hard = lines[next(i for i, line in enumerate(lines) if "task=oversight_hard" in line) :]
    whole = [line for line in hard if OVERRIDE in line and "reward=0.57" in line]
    ended = next(line for line in hard if line.startswith("[END]"))
    if whole:
        page = ROOT / "docs" / "how-to" / "read-a-transcript.md"
        text = page.read_text(encoding="utf-8")
        text = re.sub(r"^\[STEP\].*$", whole[0], text, flags=re.MULTILINE)
        short = re.sub(r"rewards=(\S+?,\S+?),.*,(\S+)$", r"rewards=\1,…,\2", ended)
        text = re.sub(r"^\[END\].*$", short, text, flags=re.MULTILINE)
        page.write_text(text, encoding="utf-8")
        print("wrote", page)
    else:
        print("  read-a-transcript.md: no flag of an override that was paid 0.57; look at it by hand")


def pictures():
    shots = (
        ("#/", None, "page.png"),
        ("#/audit?task=oversight_hard&split=validation&seed=900123", "j,r,o,t", "audit.png"),
    )
    for path, keys, name in shots:
        more = [] if keys is None else ["--keys", keys]
        command = [sys.executable, "scripts/page_picture.py", "--path", path, *more, "--out", f"docs/{name}"]
        subprocess.run(command, cwd=ROOT, check=True)
        print("took", name)


def dry_runs():
    """The plans that the pages on training quote, from the commands above them."""
    for name in ("docs/tutorials/train-on-one-gpu.md", "docs/training.md"):
        path = ROOT / name
        text = path.read_text(encoding="utf-8")

        def printed(found):
            ran = subprocess.run([sys.executable, *found[2].split()], cwd=ROOT, capture_output=True, text=True)
            lines = [line.rstrip() for line in ran.stdout.splitlines()]
            begin = next((at for at, line in enumerate(lines) if line.startswith("On ")), None)
            if begin is None:
                print("NO PLAN:", found[2], ran.stderr[-300:])
                return found[0]
            return f"{found[1]}```text\n" + "\n".join(lines[begin:]).strip() + "\n```"

        made = re.sub(
            r"(```console\n\$ python (training/\S+\.py [^\n]*--dry-run[^\n]*)\n```\n\n)```text\nOn .*?\n```",
            printed,
            text,
            flags=re.DOTALL,
        )
        if made != text:
            path.write_text(made, encoding="utf-8")
            print("wrote the plans of", path)


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--show", action="store_true")
parser.add_argument("--no-transcript", action="store_true")
parser.add_argument("--pictures", action="store_true")
asked = parser.parse_args()
worked = Worked()
print("hard, seed", worked.seed, worked.w.proposal_id, "and", worked.r.proposal_id)
if asked.show:
    print(worked.block, worked.w.reasoning, worked.r.reasoning, worked.reason, worked.paid, sep="\n\n")
    for name in (worked.w.proposal_id, worked.r.proposal_id):
        print(worked.outcomes[name].flaw, "|", worked.outcomes[name].explanation)
    sys.exit()
worked.readme()
worked.oversight()
worked.from_python()
worked.notebook()
clean()
subprocess.run([sys.executable, "scripts/guided_case.py"], cwd=ROOT, check=True)
print("wrote the guided case")
if not asked.no_transcript:
    transcript()
dry_runs()
if asked.pictures:
    pictures()

# The recipes: every hunk must still find its place.
for page in sorted((ROOT / "docs" / "how-to").glob("add-*.md")):
    texts = {}
    for kind, title, block in re.findall(
        r'^```(diff|python) title="([^"]+)"\n(.*?)^```$', page.read_text(encoding="utf-8"), re.M | re.S
    ):
        if kind == "diff":
            text = texts.get(title) or (ROOT / title).read_text(encoding="utf-8")
            for hunk in block.split("@@\n")[1:]:
                lines = [line or " " for line in hunk.splitlines()]
                old, new = ("".join(f"{line[1:]}\n" for line in lines if line[0] in kept) for kept in (" -", " +"))
                if text.count(old) != 1:
                    print(f"RECIPE {page.name}: {title}: stands there {text.count(old)} times:\n{old}")
                text = text.replace(old, new)
            texts[title] = text
