/** What to try next, by plain rules: from what was overlooked before each decision, and never more than three. */

import { CAUGHT, FALSE_ALARM, MISSED, WRONG_KIND, counted } from "./outcome.js";
import { tierOf, words } from "./words.js";

/** What a wrong decision lacked, in a sentence: what was not looked at before it, or how to look. */
function lesson(row, steps, meanings) {
  const { proposal_id: id, patient_id: patient, error_type: kind, decision } = row;
  const before = steps.slice(0, steps.findIndex(({ action }) => action === row.action));
  const didNot = (tool, key) => !before.some(({ action }) => action.action_type === tool && action[key] === row[key]);
  const decided = `You ${decision} ${id}`;
  if (row.verdict === WRONG_KIND) return `${decided} as another kind than ${words(kind)} (${meanings[kind]}).`;
  if (didNot("review_proposal", "proposal_id")) return `${decided} without reading the Actor's note.`;
  const [hasRecord, isOfDates] = [patient !== "COHORT", kind === "temporal_inconsistency"];
  if (hasRecord && didNot("investigate_patient", "patient_id")) return `${decided} without opening the record.`;
  if (isOfDates && didNot("temporal_audit", "patient_id")) return `${decided} without putting the dates in order.`;
  if (row.verdict === MISSED) return `${decided}. Hold its claim against the clause, and what acts on the clause.`;
  const harmless = row.deed.endsWith("made no difference here.") ? "reasoned badly and " : "";
  return `In ${id} the Actor ${harmless}was right. Flag only a determination that is wrong.`;
}

/** At most three {text, query}: `query` is of an audit to go to, if any. Last are the settings of the server. */
export function whatNext(rows, steps, { task_id, split }, { tasks, error_types: kinds }) {
  const meanings = Object.fromEntries(kinds.map((one) => [one.name, one.meaning]));
  const ids = (some) => some.map((row) => row.proposal_id).join(", ");
  const first = (verdict) => rows.filter((row) => row.verdict === verdict).slice(0, 1);
  const lessonOf = (row) => ({ text: lesson(row, steps, meanings) });
  const told = [MISSED, FALSE_ALARM, WRONG_KIND].flatMap(first).map(lessonOf);
  const open = rows.filter((row) => row.decision === "pending");
  const left = `with ${counted(steps.at(-1).observation.steps_remaining, "step")} left`;
  if (open.length) told.unshift({ text: `You left ${ids(open)} undecided ${left}. What is undecided is never right.` });
  const next = tasks[tasks.findIndex((one) => one.task_id === task_id) + 1]?.task_id ?? task_id;
  const text = `There is no mistake in this audit. Try another trial: ${tierOf(next)}.`;
  if (!told.length) told.push({ text, query: { task: next, split } });
  const unnamed = rows.filter((row) => row.verdict === CAUGHT && !row.fault_named);
  if (unnamed.length) told.push({ text: `Name in the reason what the Actor did with which clause: ${ids(unnamed)}.` });
  return told.slice(0, 3);
}
