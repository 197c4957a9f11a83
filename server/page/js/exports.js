/** The files that can be taken away of an audit, as texts: deviation log, audit trail, episode line. */

import { FALSE_ALARM, WRONG_KIND, verdictOf } from "./outcome.js";
import { readProtocol } from "./protocol_text.js";
import { words } from "./words.js";

const COLUMNS = "STUDYID DOMAIN USUBJID DVSEQ DVSPID DVTERM DVDECOD DVCAT DVSCAT EPOCH DVSTDTC DVENDTC".split(" ");
/** DVCAT, EPOCH and the field that DVSTDTC is read from, of the error types that are about one subject. */
const SUBJECTS = {
  age_boundary_error: ["ELIGIBILITY", "SCREENING", "enrolment_date"],
  temporal_inconsistency: ["DATA INTEGRITY", "", ""], // nobody knows which of the dates is wrong
  protocol_window_violation: ["TREATMENT SCHEDULE", "TREATMENT", "treatment_start"],
  comorbidity_override_miss: ["TREATMENT SCHEDULE", "TREATMENT", "treatment_start"],
};
/** What a spreadsheet takes for a formula; the last four are = + - @ in full width. */
const FORMULA = /^(?:\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])/;
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g;
const CHAIN =
  "Each line has the SHA-256 of the line before it (UTF-8, without the line end). This shows accidental damage and " +
  "partial changes only. It does not protect against whoever holds the file: they can make the whole chain anew.";
export const NO_CHAIN = "The trail has no hash chain: browsers calculate SHA-256 only for https and localhost.";

/** The code of the trial, such as "LUN-6647". */
export const trialOf = (audit) => /^PROTOCOL ([\w-]+)/.exec(readProtocol(audit.protocol).title)?.[1] ?? "";

/** A CSV file. Only a text can be a formula: numbers stay as they are. */
export const asCsv = (rows) =>
  rows.map((row) => `${row.map((one) => (Number.isFinite(one) ? one : cell(one))).join(",")}\r\n`).join("");

/** A cell of a CSV file that no spreadsheet takes for a formula, without control characters. */
export function cell(value) {
  const text = String(value ?? "").replace(CONTROL, " ");
  const plain = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/** Why a flag is not of a subject's deviation; empty where it is. */
function whyLeftOut(audit, proposal, flag) {
  if (proposal.patient_id === "COHORT") return "it is about the whole cohort";
  if (!SUBJECTS[flag.error_type]) return `${words(flag.error_type)} is about the note, not about the subject`;
  const recommended = audit.known.reviews[proposal.proposal_id]?.recommended_action ?? proposal.recommended_action;
  if (!recommended) return "the note was not read, so the flag does not say which way it errs";
  if (/^withhold/.test(recommended)) return "the Actor withheld treatment, so the flag denies a deviation";
  const truth = audit.outcome?.proposals.find((one) => one.proposal_id === proposal.proposal_id);
  const verdict = truth && verdictOf(truth, flag);
  if (verdict === FALSE_ALARM) return "it is a false alarm, by the outcome";
  if (verdict === WRONG_KIND) return `its kind is ${words(truth.error_type)}, by the outcome`;
  return "";
}

/**
 * The subjects' deviations that were flagged, in the columns of the CDISC SDTM domain DV (SDTMIG 3.4). A row is the
 * auditor's claim, and is left out once the outcome refutes it. DVTERM is the reason of the flag. DVSTDTC is there
 * where the auditor has read it in the record. DVENDTC is empty: nothing says that a deviation ended.
 */
export function deviationLog(audit) {
  const study = `SYNTH-${trialOf(audit)}`;
  const flags = audit.proposals.flatMap((proposal) => {
    const flag = audit.decisions[proposal.proposal_id];
    return flag?.error_type ? { ...proposal, ...flag, why: whyLeftOut(audit, proposal, flag) } : [];
  });
  const rows = flags.filter(({ why }) => !why).map(({ proposal_id, patient_id, reason, error_type }, at, all) => {
    const number = all.slice(0, at + 1).filter((one) => one.patient_id === patient_id).length;
    const [category, epoch, dated] = SUBJECTS[error_type];
    const what = [reason, words(error_type).toUpperCase(), category, "DEVIATION NOT RECOGNISED", epoch];
    const began = audit.known.patients[patient_id]?.[dated];
    return [study, "DV", `${study}-${patient_id}`, number, proposal_id, ...what, began, ""];
  });
  const leftOut = flags.filter(({ why }) => why).map(({ proposal_id, why }) => `${proposal_id} (${why})`);
  return { text: asCsv([COLUMNS, ...rows]), rows: rows.length, leftOut };
}

async function sha256(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Each action as a line of JSON, between a head line and a last line, chained where the browser can. */
export async function auditTrail(audit) {
  // Not the whole recipe: what an adaptive episode is made of is not told before its end.
  const { recipe: { task_id, split, seed }, begun, name: auditor } = audit.kept;
  const about = "Audit trail of SynthAudit.Env. Synthetic data, not for clinical use.";
  const times = "UTC, by the clock of the auditor's browser, which anyone can set.";
  const chain = crypto.subtle ? CHAIN : NO_CHAIN;
  const told = ({ at, action, observation: seen }) => ({ at, action, error: seen.error, answer: seen.feedback });
  const entries = [
    { kind: "head", about, auditor, trial: trialOf(audit), task_id, split, seed, begun, times, chain },
    ...audit.steps.map((step) => ({ kind: "action", ...told(step) })),
    { kind: "end", at: new Date().toISOString(), actions: audit.steps.length, over: audit.isOver },
  ];
  const lines = [];
  for (const [seq, entry] of entries.entries()) {
    const before = crypto.subtle ? { previous: seq ? await sha256(lines[seq - 1]) : "0".repeat(64) } : {};
    lines.push(JSON.stringify({ seq, ...before, ...entry }));
  }
  return `${lines.join("\n")}\n`;
}

/** The audit as a line of an episode log, which the replay and `rollouts/episode_log.py` read. */
export function episodeLine({ kept: { recipe }, opening, steps, outcome }, { version, settlement }) {
  const { task_id: task, seed, split } = recipe;
  return `${JSON.stringify({
    ...{ task, seed, split, version, agent: "person", options: { settlement, ...recipe } },
    actions: steps.map((step) => step.action),
    observations: [{ done: false, reward: 0, ...opening }, ...steps.map((step) => step.observation)],
    rewards: steps.map((step) => step.reward),
    outcome,
  })}\n`;
}
