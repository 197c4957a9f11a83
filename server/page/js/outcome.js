/** What there is to tell of an audit that is over, and what to try next. Pure: it draws nothing and asks nobody. */

import { isHit } from "./claim.js";
import { figure, tierOf, words } from "./words.js";

/** Verdicts that an auditor would rather not hear, gravest first. The score counts WRONG_KIND as caught. */
export const MISTAKES = ["error missed", "error left open", "false alarm", "error caught, but named as another kind"];
export const [MISSED, LEFT_WRONG, FALSE_ALARM, WRONG_KIND] = MISTAKES;
export const [CAUGHT, PASSED, LEFT_RIGHT] = ["error caught", "rightly passed", "left open"];
export const isMistake = (verdict) => MISTAKES.includes(verdict);
/** Whether an action decides on a proposal. */
export const decides = ({ action_type }) => ["flag_error", "approve"].includes(action_type);
/** How the last sentence of an explanation begins, and no other. */
const DEED = " The Actor ";
export const SKILL_SCALE = "0 is flagging everything, 1 is perfect";
/** Events of the reward table whose names do not say what they are. */
const EVENTS = {
  correct_flag: "errors flagged with their kind",
  correct_approval: "right approvals, in proportion to the skill",
  shap_evidence: "deciding field asked for before a right flag",
  temporal_evidence: "dates looked up before a right flag",
  fault_claim: "right claims of what the Actor did",
  fault_place: "claims that are right but for the number",
  false_claim: "claims that are not right",
  half_investigated: "half of the records opened",
  false_positive: "false alarms",
  wrong_approval: "errors approved",
  wrong_undecided: "errors left open",
  step: "steps, and one for each proposal left open",
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

/** The proposals with `action`, the decision. Once the audit is over with truth and verdict, before that as claimed. */
export function rowsOf({ outcome, proposals, decisions }) {
  return proposals.map((about) => {
    const action = decisions[about.proposal_id];
    const truth = outcome?.proposals.find((one) => one.proposal_id === about.proposal_id);
    if (!truth) return { ...about, action, decision: about.status, is_wrong: about.status === "flagged" };
    // What the protocol says of the record, then what the Actor did.
    const at = truth.explanation.lastIndexOf(DEED);
    const told = { said: truth.explanation.slice(0, Math.max(at, 0)), deed: truth.explanation.slice(at + 1) };
    return { ...about, ...truth, ...told, action, verdict: verdictOf(truth, action) };
  });
}

/** How many errors there were and were flagged, how many right ones and false alarms, and how many are undecided. */
export function countsOf(proposals) {
  const [wrong, right] = [true, false].map((isWrong) => proposals.filter((one) => one.is_wrong === isWrong));
  const count = (some, decision) => some.filter((one) => one.decision === decision).length;
  const [caught, alarms] = [count(wrong, "flagged"), count(right, "flagged")];
  return { errors: wrong.length, caught, right: right.length, alarms, undecided: count(proposals, "pending") };
}

/** One sentence of how it went. It praises nobody who did nothing. */
export function headline(outcome, who = "You") {
  const { errors, caught, right, alarms, undecided } = countsOf(outcome.proposals);
  if (!errors && undecided === right) return "There was no error to find, and nothing was decided.";
  const found = `${who} caught ${caught} of ${counted(errors, "error")}`;
  const did = errors ? found : `There was no error to find. ${who} approved ${right - alarms - undecided} of ${right}`;
  const open = undecided ? ` and ${undecided} left undecided` : "";
  return `${did}, with ${counted(alarms || "no", "false alarm")}${open}.`;
}

/** "Flagged as age boundary error, confidence 0.80." */
export function decisionTold({ decision, action }) {
  const sure = action?.confidence == null ? "" : `, confidence ${figure(action.confidence, 2)}`;
  if (decision === "pending") return "Left undecided.";
  return decision === "flagged" ? `Flagged as ${words(action?.error_type)}${sure}.` : `Approved${sure}.`;
}

/** The return, event by event, gains first: {event, amount, from, running}. It sums to the last thousandth. */
export function waterfall(breakdown) {
  let running = 0;
  const gainsFirst = Object.entries(breakdown).sort(([, one], [, other]) => (one < 0) - (other < 0));
  return gainsFirst.map(([event, amount]) => {
    const from = running;
    running = Math.round(1000 * (from + amount)) / 1000;
    return { event, amount, from, running };
  });
}

/** The mean of (p_wrong - is_wrong)² (Brier 1950); 0 is best. A decision without a confidence counts as sure. */
export function brier(rows) {
  const pWrong = (sure) => ({ flagged: sure, approved: 1 - sure, pending: 0 });
  const losses = rows.map((row) => (pWrong(row.action?.confidence ?? 1)[row.decision] - row.is_wrong) ** 2);
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** What a wrong decision lacked, in a sentence: what was not looked at before it, or how to look. */
function lesson(row, steps, kinds) {
  const { proposal_id: id, error_type: kind, decision, verdict } = row;
  const before = steps.slice(0, steps.findIndex(({ action }) => action === row.action));
  const didNot = (tool, key) => !before.some(({ action }) => action.action_type === tool && action[key] === row[key]);
  const meaning = kinds.find(({ name }) => name === kind)?.meaning;
  const decided = `You ${decision} ${id}`;
  if (verdict === WRONG_KIND) return `${decided} as another kind than ${words(kind)} (${meaning}).`;
  if (didNot("review_proposal", "proposal_id")) return `${decided} without reading the Actor's note.`;
  const [hasRecord, isOfDates] = [row.patient_id !== "COHORT", kind === "temporal_inconsistency"];
  if (hasRecord && didNot("investigate_patient", "patient_id")) return `${decided} without opening the record.`;
  if (isOfDates && didNot("temporal_audit", "patient_id")) return `${decided} without counting the days.`;
  if (verdict === MISSED) return `${decided}. Hold its claim against the clause, and what acts on the clause.`;
  const harmless = row.deed.endsWith("makes no difference here.") ? "reasoned badly and " : "";
  return `In ${id} the Actor ${harmless}was right. Flag only a determination that is wrong.`;
}

/** What to try next, at most three {text, query}: `query` is of an audit to go to, if any. */
export function whatNext(rows, { steps, last, kept: { recipe: { task_id, split } } }, { tasks, error_types: kinds }) {
  const ids = (some) => some.map((row) => row.proposal_id).join(", ");
  const first = (verdict) => rows.filter((row) => row.verdict === verdict).slice(0, 1);
  const told = [MISSED, FALSE_ALARM, WRONG_KIND].flatMap(first).map((row) => ({ text: lesson(row, steps, kinds) }));
  const open = rows.filter((row) => row.decision === "pending");
  const left = `with ${counted(last.steps_remaining, "step")} left`;
  if (open.length) told.unshift({ text: `You left ${ids(open)} undecided ${left}. What is undecided is never right.` });
  const next = tasks[tasks.findIndex((one) => one.task_id === task_id) + 1]?.task_id ?? task_id;
  const text = `There is no mistake in this audit. Try another trial: ${tierOf(next)}.`;
  if (!told.length) told.push({ text, query: { task: next, split } });
  const isUnclaimed = (row) => [CAUGHT, PASSED].includes(row.verdict) && row.faults.length > 0 && !isHit(row);
  const unclaimed = rows.filter(isUnclaimed);
  if (unclaimed.length) told.push({ text: `Claim what the Actor did, with place and number: ${ids(unclaimed)}.` });
  return told.slice(0, 3);
}
