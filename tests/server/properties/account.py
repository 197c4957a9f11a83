"""What each action of an audit is due, worked out apart from the referee."""

from collections import Counter

import pytest

from synth_audit_env.models import COHORT
from synth_audit_env.server.audit import reward_model as rewards
from synth_audit_env.tests.server.properties.drawn_audits import DECISIONS


def most_that_labels_allow(scenario):
    """Thousandths: each wrong proposal flagged with all its evidence, the right ones approved, in the fewest steps.

    Shapley values cost two: the note has to be read first.
    """
    subjects = {p.note.patient_id for p in scenario.proposals} - {COHORT}
    wrong = [proposal for proposal in scenario.proposals if proposal.is_wrong]
    most = 100 + 60 + 100 - 3 * (1 + (len(subjects) + 1) // 2 + len(scenario.proposals))
    for proposal in wrong:
        dated, keyed = proposal.note.patient_id != COHORT, bool(rewards.key_features(proposal))
        most += 300 + (100 - 3) * dated + (120 - 6) * keyed
    faulty = sum(bool(proposal.faults) for proposal in scenario.proposals)
    return most + 50 * faulty + 150 * (len(wrong) < len(scenario.proposals))


class Account:
    """What is due to each action when it is taken, in thousandths by event: from the labels and from what was done.

    So whatever is paid twice, too early, or for another proposal is not what is due at that step.
    """

    def __init__(self, scenario):
        self.scenario, self.seen, self.decided = scenario, set(), {}
        self.right_flags = self.false_alarms = 0
        self.waiting, self.explained, self.came = Counter(), set(), set()
        self.of_approvals = Counter()

    def due(self, action, error):
        """To one action of a running episode, but for what the end brings."""
        look = (action.action_type, action.proposal_id, action.patient_id, action.feature)
        due = Counter({rewards.STEP: -3})
        if error is None:
            assert action.error_type in (None, *self.scenario.tier.error_types), "any other is refused"
        if error is not None:
            due.update({rewards.DUPLICATE_ACTION: -40} if "decisions are final" in error else {"invalid_action": -50})
        elif action.action_type in DECISIONS:
            due.update(self.decide(self.scenario.proposal[action.proposal_id], action))
        elif look in self.seen:
            due[rewards.DUPLICATE_ACTION] = -40
        elif action.action_type != "submit_audit_report":
            self.seen.add(look)
            if action.action_type == "temporal_audit" and action.patient_id in self.explained:
                self.came.add("evidence comes too late")
        return due

    def decide(self, proposal, action):
        self.decided[action.proposal_id] = action.action_type
        claim = self.claim(proposal, action)
        if action.action_type == "approve":
            self.of_approvals.update(claim)
            return {rewards.WRONG_APPROVAL: -200} if proposal.is_wrong else {}
        false = {event: claim.pop(event) for event in [rewards.FALSE_CLAIM] if event in claim}
        kept, own, due = bool(self.waiting), claim, Counter(false)
        if not proposal.is_wrong:
            self.false_alarms += 1
            due[rewards.FALSE_POSITIVE] = -250
        elif action.error_type == proposal.error_type:
            self.right_flags += 1
            self.explained.add(proposal.note.patient_id)
            own = claim + self.evidence(proposal)
            due[rewards.CORRECT_FLAG] = 300
        self.waiting.update(own)
        if self.right_flags <= self.false_alarms:
            self.came |= {"a bonus waits"} if own else set()
            return due
        self.came |= {"a bonus is paid late"} if kept else set()
        self.came |= {"a bonus is paid after a false alarm"} if own and self.false_alarms else set()
        released, self.waiting = self.waiting, Counter()
        return {**due, **released}

    def evidence(self, proposal):
        """What a right flag earns beside its own, by what was seen before it."""
        patient_id, earned = proposal.note.patient_id, Counter()
        if any(("request_shap", None, patient_id, name) in self.seen for name in rewards.key_features(proposal)):
            earned[rewards.SHAP_EVIDENCE] = 120
        if ("temporal_audit", None, patient_id, None) in self.seen:
            earned[rewards.TEMPORAL_EVIDENCE] = 100
        return earned

    def claim(self, proposal, action):
        """What the claim of a decision comes to. Those of these audits spell places and numbers as the truth does."""
        if action.fault is None:
            return Counter()
        true = [one for one in proposal.faults if (one.fault, action.where in one.places) == (action.fault, True)]
        numbers = [number for one in true for number in one.numbers]
        if not true:
            return Counter({rewards.FALSE_CLAIM: -50})
        whole = not numbers or action.should_be in numbers
        return Counter({rewards.FAULT_CLAIM: 50} if whole else {rewards.FAULT_PLACE: 30})

    def due_at_the_end(self, outcome):
        """What the end of the episode brings; the worth of the report is the report's own matter."""
        wrong = {id_ for id_, proposal in self.scenario.proposal.items() if proposal.is_wrong}
        flagged = {id_ for id_, how in self.decided.items() if how == "flag_error"}
        right = set(self.scenario.proposal) - wrong
        found = f_beta(len(flagged & wrong), len(flagged - wrong), len(wrong - flagged))
        score = found if wrong else len(right & self.decided.keys() - flagged) / len(right)
        found = found if wrong or flagged else score
        blind = f_beta(len(wrong), len(right), 0) if wrong else 0.0
        skill = max(-1.0, (score - blind) / (1 - blind)) if right else score - 1
        assert (outcome.f_beta, outcome.score, outcome.skill) == pytest.approx((found, score, skill))
        approved = bool(right & self.decided.keys() - flagged)  # together they earn what one does
        self.came |= {"all is flagged"} if wrong and flagged == set(self.scenario.proposal) else set()
        due = Counter({rewards.CORRECT_APPROVAL: round(150 * approved * max(0.0, outcome.skill))})
        for event, amount in self.of_approvals.items():
            due[event] += amount if amount < 0 else round(amount * max(0.0, outcome.skill))
        due[rewards.WRONG_UNDECIDED] = -200 * len(wrong - self.decided.keys())
        due[rewards.STEP] = -3 * len(self.scenario.proposal.keys() - self.decided.keys())
        if outcome.skill > 0:
            subjects = {p.note.patient_id for p in self.scenario.proposals} - {COHORT}
            looked = {patient_id for name, _, patient_id, _ in self.seen if name == "investigate_patient"}
            due[rewards.HALF_INVESTIGATED] = 60 * (2 * len(looked & subjects) >= len(subjects))
            due[rewards.ALL_DECIDED] = 100 * (len(self.decided) == len(self.scenario.proposals))
        if due[rewards.ALL_DECIDED]:
            due[rewards.REPORT] = round(1000 * outcome.reward_breakdown.get(rewards.REPORT, 0))
            assert due[rewards.REPORT] in {0, *range(80, 101)}
        return due


def f_beta(hits, false_alarms, misses):
    return 3.25 * hits / (3.25 * hits + 2.25 * misses + false_alarms) if hits + false_alarms + misses else 1.0


def paid_as_due(scenario, actions, brought, outcome):
    """Every step of an episode that is paid at once brought what was due to it. Returns what came up."""
    account, ledger = Account(scenario), Counter()
    for action, observation in zip(actions, brought, strict=True):
        due = account.due(action, observation.error)
        if observation.done:
            due.update(account.due_at_the_end(outcome))
        assert round(1000 * observation.reward) == sum(due.values()), (action, due)
        ledger.update(due)
    booked = {event: round(1000 * amount) for event, amount in outcome.reward_breakdown.items()} if outcome else None
    events = {event: amount for event, amount in ledger.items() if amount}
    assert booked in (events, None)
    return {*events, *account.came}
