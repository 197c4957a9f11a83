/** What there is to tell of an audit that is over. Pure: it draws nothing and asks nobody. */

import { figure, words } from "./words.js";

export const CAUGHT = "error caught";
export const WRONG_KIND = "error caught, but named as another kind";
export const MISSED = "error missed";
export const LEFT_WRONG = "error left open";
export const FALSE_ALARM = "false alarm";
export const PASSED = "rightly passed";
export const LEFT_RIGHT = "left open";

/** Verdicts that an auditor would rather not hear, gravest first. The score counts WRONG_KIND as caught. */
const MISTAKES = [MISSED, LEFT_WRONG, FALSE_ALARM, WRONG_KIND];
export const isMistake = (verdict) => MISTAKES.includes(verdict);
/** How the last sentence of an explanation begins, and no other. */
const DEED = " The Actor ";
export const SKILL_SCALE = "0 is flagging everything, 1 is perfect";
/** Events of the reward table whose names do not say what they are. */
const EVENTS = {
  correct_flag: "errors flagged with their kind",
  correct_approval: "right approvals, in proportion to the skill",
  shap_evidence: "deciding field asked for before a right flag",
  temporal_evidence: "dates looked up before a right flag",
  reason: "reasons that name the fault",
  half_investigated: "half of the records opened",
  false_positive: "false alarms",
  wrong_approval: "errors approved",
  wrong_undecided: "errors left open",
};

export const eventWords = (event) => EVENTS[event] ?? words(event);
export const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** The verdict on a decision. `truth` is a ProposalOutcome, `action` the flag or approval that was accepted, if any. */
export function verdictOf(truth, action) {
  if (truth.decision === "approved") return truth.is_wrong ? MISSED : PASSED;
  if (truth.decision === "pending") return truth.is_wrong ? LEFT_WRONG : LEFT_RIGHT;
  if (!truth.is_wrong) return FALSE_ALARM;
  return action?.error_type === truth.error_type ? CAUGHT : WRONG_KIND;
}

/** The proposals with the truth, the decision and the verdict, in the order of the list. */
export function rowsOf(outcome, proposals, decisions) {
  return outcome.proposals.map((truth) => {
    const action = decisions[truth.proposal_id];
    const verdict = verdictOf(truth, action);
    // What the protocol says of the record, then what the Actor did.
    const at = truth.explanation.lastIndexOf(DEED);
    const told = { said: truth.explanation.slice(0, Math.max(at, 0)), deed: truth.explanation.slice(at + 1) };
    const about = proposals.find((one) => one.proposal_id === truth.proposal_id);
    return { ...about, ...truth, ...told, action, verdict, isMistake: isMistake(verdict) };
  });
}

/** Mistakes alone, gravest first. */
export const mistakesOf = (rows) => MISTAKES.flatMap((verdict) => rows.filter((row) => row.verdict === verdict));

/** How many errors there were and were flagged, how many right ones and false alarms, and how many are undecided. */
export function countsOf(proposals) {
  const count = (isWrong, decision) =>
    proposals.filter((one) => one.is_wrong === isWrong && (!decision || one.decision === decision)).length;
  const [errors, caught] = [count(true), count(true, "flagged")];
  const [right, alarms, approved] = [count(false), count(false, "flagged"), count(false, "approved")];
  return { errors, caught, right, alarms, approved, undecided: count(true, "pending") + count(false, "pending") };
}

/** One sentence of how it went. It praises nobody who did nothing. */
export function headline(outcome, who = "You") {
  const { errors, caught, right, alarms, approved, undecided } = countsOf(outcome.proposals);
  if (!errors && undecided === right) return "There was no error to find, and nothing was decided.";
  const found = `${who} caught ${caught} of ${counted(errors, "error")}`;
  const did = errors ? found : `There was no error to find. ${who} approved ${approved} of ${right}`;
  const open = undecided ? ` and ${undecided} left undecided` : "";
  return `${did}, with ${counted(alarms || "no", "false alarm")}${open}.`;
}

/** "Flagged as age boundary error, confidence 0.80." */
export function decisionTold({ decision, action }) {
  const sure = action?.confidence == null ? "" : `, confidence ${figure(action.confidence, 2)}`;
  if (decision === "pending") return "Left undecided.";
  return decision === "flagged" ? `Flagged as ${words(action?.error_type)}${sure}.` : `Approved${sure}.`;
}

/**
 * The return of an episode, event by event, gains first: {event, amount, from, running} each. Amounts are whole
 * thousandths and are summed as such, so the last running total is the return to the last digit.
 */
export function waterfall(breakdown) {
  const thousandths = Object.entries(breakdown).map(([event, amount]) => [event, Math.round(1000 * amount)]);
  let running = 0;
  return thousandths.sort(([, one], [, other]) => (one < 0) - (other < 0)).map(([event, amount]) => {
    running += amount;
    return { event, amount: amount / 1000, from: (running - amount) / 1000, running: running / 1000 };
  });
}

/**
 * The mean of (p_wrong - is_wrong)² (Brier 1950); 0 is best. p_wrong is the confidence in a flag, 1 - that in an
 * approval, and 0 for what is undecided. A decision without a confidence counts as sure; null where none has one.
 */
export function brier(rows) {
  const wrong = (sure) => ({ flagged: sure, approved: 1 - sure, pending: 0 });
  if (rows.every((row) => row.action?.confidence == null)) return null;
  const losses = rows.map((row) => (wrong(row.action?.confidence ?? 1)[row.decision] - row.is_wrong) ** 2);
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}
