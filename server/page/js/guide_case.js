/** The parts of the guided case: the Actor's note, the record, the clauses, and the days drawn as a line. */

import { html } from "../vendor/preact-htm.js";

/** The limit that a clause sets, in days. */
export const limitOf = (clause) => Number(/(\d+) days/.exec(clause.text)[1]);

const light = (lit, name) => (lit.includes(name) ? "lit" : "");

export function Claim({ review, lit }) {
  const { patient_id: patient, verdict, recommended_action: action, confidence } = review;
  return html`
    <figure class=${light(lit, "claim")}>
      <figcaption>
        The Actor on patient ${patient}: <b>${verdict}, ${action}</b>, ${Math.round(confidence * 100)} % sure
      </figcaption>
      <blockquote>${review.reasoning}</blockquote>
    </figure>
  `;
}

export function PatientRecord({ record, days, lit }) {
  const rows = [
    ["age", "Age and sex", `${record.age}, ${record.sex}`],
    ["stage", "Disease", `Stage ${record.stage}, ${record.histology}`],
    ["ecog", "ECOG status", record.ecog],
    ["comorbidity_index", "Comorbidity index", record.comorbidity_index],
    ["enrolment_date", "Enrolment", record.enrolment_date],
    ["treatment_start", "Treatment start", `${record.treatment_start}, ${days} days later`],
  ];
  const row = ([name, label, value]) =>
    html`<tr class=${light(lit, name)}><th scope="row">${label}</th><td>${value}</td></tr>`;
  return html`<table><tbody>${rows.map(row)}</tbody></table>`;
}

/** `isOff` is whether the exception is known not to apply. */
export function Clauses({ clauses, lit, isOff }) {
  const item = ([role, { key, text }]) => {
    const said = html`<b>${key}</b> ${text}`;
    return html`<li class=${light(lit, role)}>${isOff && role === "exception" ? html`<s>${said}</s>` : said}</li>`;
  };
  return html`<ol>${Object.entries(clauses).map(item)}</ol>`;
}

/** The days from enrolment to treatment, against the limits that have been read. */
export function Days({ days, clauses, read, isOff }) {
  const [short, long] = [limitOf(clauses.window), limitOf(clauses.exception)];
  const at = (day) => `${(100 * day) / (long * 1.25)}%`;
  const limit = isOff || !read.includes("exception") ? short : long;
  const late = isOff ? `, ${days - short} days late` : "";
  const treated = isOff ? "treated problem" : "treated";
  const tick = (label, day, how = "") => html`<span class=${`tick ${how}`} style=${{ left: at(day) }}>${label}</span>`;
  return html`
    <div class="line" role="img" aria-label=${`A line from enrolment: treatment on day ${days}${late}.`}>
      <span class="track">
        <span class="allowed" style=${{ width: read.includes("window") ? at(limit) : 0 }} />
        ${isOff && html`<span class="late" style=${{ left: at(short), width: at(days - short) }} />`}
      </span>
      ${read.includes("record") &&
      html`<span class=${treated} style=${{ width: at(days) }}>Treatment: day ${days}${late}</span>`}
      ${tick("Enrolment", 0)} ${read.includes("window") && tick(`${clauses.window.key}: ${short}`, short)}
      ${read.includes("exception") && tick(`${clauses.exception.key}: ${long}`, long, isOff ? "gone" : "")}
    </div>
  `;
}
