"""The oracle: it is given the labels, and plays for all that the score and the return have to give.

    play(Oracle(scenario), opening, environment.step)

It asks for the evidence that a right flag is paid for, and for no more. It accuses nothing that is right and its skill
is 1, so that all it earns is paid in full: no audit of the episode returns more.
"""

from __future__ import annotations

from functools import partial

from synth_audit_env.agents import findings as words
from synth_audit_env.agents.case_rules import judge
from synth_audit_env.agents.note_checks import Misquote
from synth_audit_env.agents.protocol_reader import read_protocol
from synth_audit_env.rollouts.told_auditor import ToldAuditor
from synth_audit_env.server import tools
from synth_audit_env.server.explanation import deed
from synth_audit_env.server.protocol import CITATION, DEVIATION, EQUITY, STATISTIC
from synth_audit_env.server.protocol_text import cite
from synth_audit_env.server.scenario import Proposal, Scenario


class Oracle(ToldAuditor):
    """The auditor of one scenario."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(scenario, partial(reason, scenario))


def reason(scenario: Scenario, proposal: Proposal) -> str:
    """Why a wrong proposal is wrong, in the words of an honest auditor, and what its Actor did."""
    done = deed(scenario.trial, proposal.brief, proposal.judgement)
    return f"{_evidence(scenario, proposal)} The Actor {done}."


def _evidence(scenario: Scenario, proposal: Proposal) -> str:
    protocol, figure = read_protocol(scenario.protocol_text), proposal.brief.figure
    if proposal.error_type == CITATION:
        assert proposal.brief.cited is not None, "it leans on something"
        return words.explain_missing(cite(proposal.brief.cited.number))
    if proposal.error_type == STATISTIC:
        assert figure is not None, "it quotes a figure"
        return words.explain_misquote(Misquote(figure.subject, figure.text, figure.true))
    if proposal.error_type == EQUITY:
        assert figure is not None, "it is about a feature"
        assert protocol.equity is not None, "there is a rule for that"
        return words.explain_inequity(protocol.equity, tools.cohort_analysis(scenario, figure.feature)[1].model)
    record = tools.investigate_patient(scenario, proposal.note.patient_id)[1].model
    ruling = judge(protocol, record)
    if proposal.note.verdict == DEVIATION:
        return words.explain_compliance(proposal.error_type, ruling, record)  # type: ignore[arg-type]
    finding = next(finding for finding in ruling.findings if finding.error_type == proposal.error_type)
    return words.explain(finding, record, protocol)
