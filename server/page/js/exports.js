/** What can be taken away of an audit: deviation log, audit trail, episode line and printed report, and the buttons. */

import { html, render } from "../vendor/preact-htm.js";
import { Fates, Figures } from "./fate.js";
import { FALSE_ALARM, SKILL_SCALE, WRONG_KIND, headline, rowsOf } from "./outcome.js";
import { readProtocol } from "./protocol_text.js";
import { download } from "./ui.js";
import { taskOf, tierOf, words } from "./words.js";

const COLUMNS = "STUDYID DOMAIN USUBJID DVSEQ DVSPID DVTERM DVDECOD DVCAT DVSCAT EPOCH DVSTDTC DVENDTC".split(" ");
/** DVCAT, EPOCH and the field that DVSTDTC is read from, of errors about one subject; of dates the reason. */
const SUBJECTS = {
  age_boundary_error: ["ELIGIBILITY", "SCREENING", "enrolment_date"],
  temporal_inconsistency: ["STUDY DATES", "", ""], dosing_error: ["DOSING", "TREATMENT", "treatment_start"],
  protocol_window_violation: ["TREATMENT SCHEDULE", "TREATMENT", "treatment_start"],
  comorbidity_override_miss: ["TREATMENT SCHEDULE", "TREATMENT", "treatment_start"],
  eligibility_violation: ["ELIGIBILITY", "SCREENING", "enrolment_date"],
  cohort_rule_violation: ["ENROLMENT", "SCREENING", "enrolment_date"],
};
/** What a spreadsheet takes for a formula; the last four are = + - @ in full width. */
const FORMULA = /^(?:\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])/;
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g;
const CHAIN =
  "Each line has the SHA-256 of the line before it (UTF-8, without the line end). This shows accidental damage and " +
  "partial changes only. It does not protect against whoever holds the file: they can make the whole chain anew.";
const NO_CHAIN = "The trail has no hash chain: browsers calculate SHA-256 only for https and localhost.";

/** The code of the trial, such as "LUN-6647". */
const trialOf = (audit) => /^PROTOCOL ([\w-]+)/.exec(readProtocol(audit.protocol).title)?.[1] ?? "";

/** How the names of its files begin, such as "easy-900123". */
export const nameOf = ({ kept: { recipe } }) => `${tierOf(taskOf(recipe))}-${recipe.seed}`;

/** A CSV file. Only a text can be a formula: numbers stay as they are. */
export const asCsv = (rows) =>
  rows.map((row) => `${row.map((one) => (Number.isFinite(one) ? one : cell(one))).join(",")}\r\n`).join("");

/** A cell of a CSV file that no spreadsheet takes for a formula, without control characters. */
export function cell(value) {
  const text = String(value ?? "").replace(CONTROL, " ");
  const plain = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/** Why a flag is not of a subject's deviation; empty where it is. `row` is of rowsOf. */
function whyLeftOut({ patient_id, recommended_action, verdict, error_type, action }) {
  if (patient_id === "COHORT") return "it is about the whole cohort";
  if (!SUBJECTS[action.error_type]) return `${words(action.error_type)} is about the note, not about the subject`;
  if (!recommended_action) return "its note was not read";
  if (recommended_action.includes(": deviation")) return "the Actor reported a deviation, and the flag denies it";
  if (verdict === FALSE_ALARM) return "it is a false alarm, by the outcome";
  return verdict === WRONG_KIND ? `its kind is ${words(error_type)}, by the outcome` : "";
}

/**
 * The subjects' deviations that were flagged, in the columns of CDISC SDTM DV (SDTMIG 3.4). A row is the auditor's
 * claim until the outcome refutes it, DVTERM the reason of the flag, DVSTDTC what the auditor has read in the record.
 */
function deviationLog(audit) {
  const study = `SYNTH-${trialOf(audit)}`;
  const flags = rowsOf(audit).filter(({ action }) => action?.error_type);
  const rows = flags.filter((row) => !whyLeftOut(row)).map(({ proposal_id, patient_id, action }, at, all) => {
    const number = all.slice(0, at + 1).filter((one) => one.patient_id === patient_id).length;
    const [category, epoch, dated] = SUBJECTS[action.error_type];
    const what = [action.reason, words(action.error_type).toUpperCase(), category, "DEVIATION NOT RECOGNISED", epoch];
    const began = audit.known.patients[patient_id]?.[dated];
    return [study, "DV", `${study}-${patient_id}`, number, proposal_id, ...what, began, ""]; // nothing tells its end
  });
  const leftOut = flags.filter(whyLeftOut).map((row) => `${row.proposal_id} (${whyLeftOut(row)})`);
  return { text: asCsv([COLUMNS, ...rows]), rows: rows.length, leftOut };
}

async function sha256(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Each action as a line of JSON, between a head line and a last line, chained where the browser can. */
async function auditTrail(audit) {
  // Not the whole recipe: what an adaptive episode is made of is not told before its end.
  const { recipe: { task_id, split, seed }, begun, name: auditor } = audit.kept;
  const about = "Audit trail of SynthAudit.Env. Synthetic data, not for clinical use.";
  const times = "UTC, by the clock of the auditor's browser, which anyone can set.";
  const chain = crypto.subtle ? CHAIN : NO_CHAIN;
  const entries = [
    { kind: "head", about, auditor, trial: trialOf(audit), task_id, split, seed, begun, times, chain },
    ...audit.steps.map(({ at, action, observation: { error, feedback: answer } }) =>
      ({ kind: "action", at, action, error, answer })),
    { kind: "saved", at: new Date().toISOString(), actions: audit.steps.length, over: audit.isOver },
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
  const [{ seed, split }, task] = [recipe, taskOf(recipe)];
  const options = { ...recipe, settlement: recipe.settlement ?? settlement };
  return `${JSON.stringify({
    ...{ task, seed, split, version, agent: "person", options },
    actions: steps.map((step) => step.action),
    observations: [{ done: false, reward: 0, ...opening }, ...steps.map((step) => step.observation)],
    rewards: steps.map((step) => step.reward),
    outcome,
  })}\n`;
}

/** `settings` are needed for the episode alone, which is there once the audit is over. */
export function ExportButtons({ audit, settings }) {
  const { text, rows, leftOut } = deviationLog(audit);
  const save = (what, file) => download(`${nameOf(audit)}-${what}`, file);
  const episode = () => save("episode.jsonl", episodeLine(audit, settings));
  const button = (label, onClick) => html`<button type="button" onClick=${onClick}>${label}</button>`;
  const keep = (event) => audit.keep({ name: event.target.value });
  return html`<div class="saves">
    <label>Auditor's name <input value=${audit.kept.name} maxlength="100" autocomplete="name" onInput=${keep} /></label>
    <div class="row">
      ${button("Print the report", () => printReport(audit))}
      ${button("Audit trail (JSON Lines)", async () => save("trail.jsonl", await auditTrail(audit)))}
      ${button(`Deviations (CDISC DV): ${rows}`, () => save("dv.csv", text))}
      ${audit.isOver && settings && button("Episode, for the replay", episode)}
    </div>
    ${!crypto.subtle && html`<p class="small">${NO_CHAIN}</p>`}
    ${leftOut.length > 0 && html`<p class="small soft">Flags left out of the deviations: ${leftOut.join("; ")}.</p>`}
  </div>`;
}

/** Put the report beside the page, where the print rules of style.css show it alone, and open the print dialog. */
function printReport(audit) {
  document.querySelector("body > .report")?.remove();
  const paper = Object.assign(document.createElement("section"), { className: "report" });
  render(html`<${Report} audit=${audit} />`, paper);
  document.body.append(paper);
  addEventListener("afterprint", () => paper.remove(), { once: true });
  print();
}

function Report({ audit }) {
  const { outcome, kept, kept: { recipe, recipe: { split, seed } } } = audit;
  const rows = rowsOf(audit);
  const [wrong, others] = [true, false].map((isWrong) => rows.filter((row) => row.is_wrong === isWrong));
  const time = new Date().toISOString().slice(0, 16).replace("T", " ");
  const filed = audit.steps.findLast(({ action }) => action.report)?.action.report ?? kept.report;
  return html`
    <h1>Audit report, trial ${trialOf(audit)}</h1>
    <p><b>Synthetic data, not for clinical use.</b></p>
    <p>${time} UTC. Auditor: ${kept.name || "not named"}. Task ${tierOf(taskOf(recipe))}, ${split} seed ${seed}.
      ${!audit.isOver && " The audit is not over."}</p>
    ${outcome && html`<p>${headline(outcome, "The auditor")} Skill: ${SKILL_SCALE}.</p>`}
    ${outcome && html`<${Figures} outcome=${outcome} rows=${rows} />`}
    <${Fates} audit=${audit} rows=${wrong} title=${outcome ? "Errors" : "Flagged as errors so far"} isOpen />
    <${Fates} audit=${audit} rows=${others} title="Other proposals" />
    ${filed && html`<h2>The auditor's report</h2><p class="prose">${filed}</p>`}
  `;
}
