/** The evidence beside one another: the Actor's note, the record with its timeline, the cohort, the protocol. */

import { html, useEffect, useMemo, useRef } from "../vendor/preact-htm.js";
import { actingOn, readProtocol } from "./protocol_text.js";
import { Linked, Table } from "./ui.js";
import { figure, signed, words } from "./words.js";

const UNITS = { age: "years", ldh: "U/L", haemoglobin: "g/dL", creatinine: "mg/dL", bmi: "kg/m²",
  blood_pressure: "mmHg", starting_dose: "mg/m²" };
const GROUPS = {
  Person: ["age", "sex", "ethnicity", "smoking"],
  Disease: ["stage", "histology", "primary_site", "ecog", "prior_chemo_cycles"],
  Comorbidity: ["comorbid_conditions", "comorbidity_index"],
  Laboratory: ["haemoglobin", "creatinine", "ldh", "bmi", "blood_pressure", "central_laboratory"],
  Dates: ["consent_date", "enrolment_date", "treatment_start", "last_contact", "death_date", "outcome"],
  Trial: ["site", "country", "arm", "drug", "starting_dose"],
};
const LISTED = new Set([...Object.values(GROUPS).flat(), "tool", "patient_id"]);

/** What the Actor says. `onClause` opens a citation. */
export function Note({ review, onClause }) {
  return html`
    <p><b>${review.recommended_action}</b>, confidence ${figure(review.confidence, 2)}</p>
    <p class="prose"><${Linked} text=${review.reasoning} onClause=${onClause} /></p>
    <p class="small soft">
      ${review.citations.length ? "Cites " : "Cites nothing."}
      ${review.citations.map((key, at) => [at > 0 && ", ", html`<${Linked} text=${key} onClause=${onClause} />`])}
    </p>
  `;
}

/** What goes into the reason when it is clicked: `text`, and for the eye `children` where that differs. */
const Value = ({ text, children = text, onPick, also = "" }) =>
  html`<button type="button" class=${`value ${also}`} disabled=${!onPick} onClick=${() => onPick(text)}>
    ${children}</button>`;

/** Shapley values as bars on both sides of zero. Fields that the Actor's reading ignores are told by their number. */
export function Shapley({ shap, onPick }) {
  const moved = Object.entries(shap.values).filter(([, value]) => value !== 0);
  const most = Math.max(...moved.map(([, value]) => Math.abs(value)), 1e-9);
  const ignored = Object.keys(shap.values).length - moved.length;
  const bar = ([name, value]) => html`<li>
    <${Value} text=${words(name)} onPick=${onPick} />
    <span class="bar" aria-hidden="true">
      <i class=${value < 0 ? "against" : "for"} style=${{ width: `${(50 * Math.abs(value)) / most}%` }}></i>
    </span>
    <span class="number">${signed(value)}</span>
  </li>`;
  return html`
    <p class="small soft">
      The Actor finds ${shap.decision === "deviation" ? "a" : "no"} deviation, and of ${shap.reference} it would find ${shap.base_value ? "none" : "one"}.
      ${ignored > 0 && ` ${ignored} fields did not move it.`}
    </p>
    <ul class="bars">${moved.map(bar)}</ul>
    ${moved.length > 0 && html`<p class="small soft">To the right it speaks against a deviation.</p>`}
  `;
}

/** A record in groups, with units. A field that is not known here, of a newer server, is among the others. */
export function Record({ patient, onPick }) {
  const others = Object.keys(patient).filter((name) => !LISTED.has(name));
  const groups = others.length ? { ...GROUPS, Other: others } : GROUPS;
  const field = (name) => {
    const shown = valueOf(patient[name]);
    const text = shown === "blank" ? shown : `${shown} ${UNITS[name] ?? ""}`.trim();
    return html`<div>
      <dt>${words(name.replace("_date", ""))}</dt>
      <dd><${Value} text=${`${words(name)} ${text}`} onPick=${onPick}>${text}<//></dd>
    </div>`;
  };
  return Object.entries(groups).map(([title, names]) => html`
    <h3 class="small soft">${title}</h3>
    <dl class="fields">${names.filter((name) => name in patient).map(field)}</dl>
  `);
}

/** A field's value as it is read; what a laboratory has, each with its name. */
const valueOf = (value) =>
  value?.constructor === Object ? Object.entries(value).map((one) => one.join(" ")).join(", ")
    : [value ?? "blank"].flat().join(", ") || "none";

/** The dated events with the days between them. */
export function Timeline({ timeline, onPick, earlier = timeline.earlier_at_site }) {
  const event = ({ event: name, date }, at) => {
    const next = timeline.intervals[at];
    const span = next && `${next.days} days from ${next.start} to ${next.end}`;
    return html`<li>
      <${Value} text=${`${name} ${date}`} onPick=${onPick}>${name} <span class="number">${date}</span><//>
      ${next && html`<${Value} also="days number" text=${span} onPick=${onPick}>${next.days} days<//>`}
    </li>`;
  };
  return html`
    <ol class="timeline">${timeline.events.map(event)}</ol>
    ${timeline.impossible.map((text) => html`<p class="small">${text}</p>`)}
    ${earlier != null && html`<p class="small">Enrolment count, of earlier enrolments at the site: ${earlier}</p>`}
  `;
}

const COHORT_COLUMNS = [
  { head: "Arm", cell: ({ arm }) => arm },
  { head: "Group", cell: ({ group }) => group },
  { head: "Deaths", cell: ({ deaths, patients }) => `${deaths} of ${patients}`, isNumber: true },
  { head: "Mortality", cell: ({ mortality }) => `${figure(mortality, 1)} %`, isNumber: true },
  { head: "Median survival", cell: ({ median_survival_days: days }) => (days && `${days} days`) ?? "not reached" },
];

/** Mortality by group, and the gap. */
export function Cohort({ cohort, onPick }) {
  const gap = (name, value) => html`<${Value} text=${`${name} gap ${signed(value, 1)} points`} onPick=${onPick} />`;
  return html`
    <${Table} caption=${`Mortality by ${[...new Set(["arm", words(cohort.feature)])].join(" and ")}`}
      columns=${COHORT_COLUMNS.slice(cohort.feature === "arm" ? 1 : 0)} rows=${cohort.groups} />
    <p class="small">${cohort.contrast} against the others: ${gap("crude", cohort.crude_gap)},
      ${gap(" stage-adjusted", cohort.adjusted_gap)}
      ${cohort.p_value !== null && ` (p ${figure(cohort.p_value, 4)})`}.
    </p>
  `;
}

/** The protocol. The clause `lit` comes into sight and is marked, and so are those that act on it. */
export function Protocol({ text, lit, onPick }) {
  const { title, clauses } = useMemo(() => readProtocol(text), [text]);
  const acting = useMemo(() => (lit ? actingOn({ clauses }, lit.key) : []), [clauses, lit]);
  const opened = useRef(null);
  useEffect(() => opened.current?.scrollIntoView({ block: "center" }), [lit]);
  const isThere = !lit || clauses.some(({ key }) => key === lit.key);
  return html`
    <p class="small soft">${title}</p>
    ${!isThere && html`<p class="problem" role="status">The protocol has no ${lit.key}.</p>`}
    <ol class="clauses">
      ${clauses.map(({ key, text: said, isHeading }) => {
        const isLit = lit?.key === key;
        const mark = isLit ? "lit" : acting.includes(key) ? "acting" : "";
        if (isHeading) return html`<li class="heading"><h3>${key} ${said}</h3></li>`;
        return html`
          <li class=${mark} ref=${isLit ? opened : undefined} aria-current=${isLit || undefined}>
            <button type="button" class="cite" disabled=${!onPick} onClick=${() => onPick(key)}>${key}</button> ${said}
            ${mark === "acting" && html`<span class="hidden"> (acts on ${lit.key})</span>`}
          </li>
        `;
      })}
    </ol>
  `;
}
