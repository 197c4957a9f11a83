/** The guided case: a claim of the Actor's, what decides it, lit one after the other, a question, and the answer. */

import { html, useLayoutEffect, useState } from "../vendor/preact-htm.js";
import { claimTold } from "./claim.js";
import { useKeys } from "./keys.js";
import { counted } from "./outcome.js";
import { Key, useJson } from "./ui.js";

/** What is brought into sight at each step of the case. */
const SEEN = [".lit", "tr:last-child", ".line", ".line", ".line", ".answer"];
const [QUESTION, ANSWER] = [4, 5];
/** Keys, with what they say that you would have done, and what that comes to. */
const CHOICES = { a: ["approved", "missed"], f: ["flagged", "caught"] };

export const GuideView = () => html`<h1>Would you have caught it?</h1><${Guide} />`;

export function Guide() {
  const { value, problem } = useJson("page/data/guided_case.json");
  return html`<section class="guided" aria-label="A guided case">
    ${problem && html`<p class="problem" role="alert">${problem}</p>`} ${value && html`<${Case} ...${value} />`}
  </section>`;
}

function Case({ review, record, days, clauses, answer, steps }) {
  const [at, setAt] = useState(0);
  const [choice, setChoice] = useState(null);
  const { lit, said } = steps[at];
  const read = steps.slice(0, at + 1).flatMap((step) => step.lit);
  const told = { record, days, clauses, lit, read, isOff: at === ANSWER };
  const turn = (by) => setAt((now) => Math.min(Math.max(now + by, 0), choice ? ANSWER : QUESTION));
  const choose = (key) => at === QUESTION && (setChoice(CHOICES[key][1]), setAt(ANSWER));
  useLayoutEffect(() => {
    if (at === 0) return;
    document.querySelector(`.guided ${SEEN[at]}`).scrollIntoView({ block: "nearest" });
    if (at >= QUESTION) document.querySelector(".guided .turn").focus({ preventScroll: true }); // its button is gone
  }, [at]);
  const [back, next] = [() => turn(-1), () => turn(1)];
  useKeys({ ArrowLeft: back, ArrowRight: next, a: () => choose("a"), f: () => choose("f") }, true);

  const button = ([key, [did]]) => html`<button type="button" class="choice" onClick=${() => choose(key)}>
    I would have ${did}<${Key} name=${key} /></button>`;
  return html`
    <${Claim} review=${review} lit=${lit} />
    <div class="evidence">
      <div><h2>Record</h2><${PatientRecord} ...${told} /></div>
      <div><h2>Protocol</h2><${Clauses} ...${told} /><${Days} ...${told} /></div>
    </div>
    <div class="turn" tabindex="-1">
      <p class="so-far" aria-hidden="true">${steps.map((_, step) => html`<i class=${step <= at && "done"} />`)}</p>
      <p class="said" role="status">${at === ANSWER && `You would have ${choice} it. `}${said}</p>
      <p class="moves">
        <button type="button" disabled=${at === 0} onClick=${back}>Back</button>
        ${at < QUESTION && html`<button type="button" class="primary" onClick=${next}>Next</button>`}
        ${at === QUESTION && Object.entries(CHOICES).map(button)}
      </p>
    </div>
    ${at === ANSWER && html`<${Answer} ...${answer} />`}
  `;
}

const Claim = ({ review, lit }) => html`<figure class=${lit.includes("claim") && "lit"}>
  <figcaption>The Actor on patient ${review.patient_id}: <b>${review.recommended_action}</b>,
    ${` ${Math.round(100 * review.confidence)} % sure`}</figcaption>
  <blockquote>${review.reasoning}</blockquote></figure>`;

function PatientRecord({ record, days, lit }) {
  const rows = [
    ["age", "Age and sex", `${record.age}, ${record.sex}`],
    ["stage", "Disease", `Stage ${record.stage}, ${record.histology}`],
    ["ecog", "ECOG status", record.ecog],
    ["comorbidity_index", "Comorbidity index", record.comorbidity_index],
    ["enrolment_date", "Enrolment", record.enrolment_date],
    ["treatment_start", "Treatment start", `${record.treatment_start}, ${days} days later`],
  ];
  const row = ([name, label, value]) =>
    html`<tr class=${lit.includes(name) && "lit"}><th scope="row">${label}</th><td>${value}</td></tr>`;
  return html`<table><tbody>${rows.map(row)}</tbody></table>`;
}

/** `isOff` is whether the exception is known not to apply, here and below. */
function Clauses({ clauses, lit, isOff }) {
  const item = ([role, { key, text }]) => {
    const said = html`<b>${key}</b> ${text}`;
    const isStruck = isOff && role === "exception";
    return html`<li class=${lit.includes(role) && "lit"}>${isStruck ? html`<s>${said}</s>` : said}</li>`;
  };
  return html`<ol>${Object.entries(clauses).map(item)}</ol>`;
}

/** The days from enrolment to treatment, against the limits that have been read. */
function Days({ days, clauses: { window, exception }, read, isOff }) {
  const [short, long] = [window.limit, exception.limit];
  const at = (day) => `${(100 * day) / (long * 1.25)}%`;
  const knows = (name) => read.includes(name);
  const allowed = knows("exception") && !isOff ? long : knows("window") ? short : 0;
  const treated = `Treatment: day ${days}${isOff ? `, ${counted(days - short, "day")} late` : ""}`;
  const tick = (label, day, how = "") => html`<span class=${`tick ${how}`} style=${{ left: at(day) }}>${label}</span>`;
  return html`<div class="line" role="img" aria-label=${`A line from enrolment. ${treated}.`}>
    <span class="track">
      <span class="allowed" style=${{ width: at(allowed) }} />
      ${isOff && html`<span class="late" style=${{ left: at(short), width: at(days - short) }} />`}
    </span>
    ${knows("record") &&
    html`<span class=${`treated ${isOff ? "problem" : ""}`} style=${{ width: at(days) }}>${treated}</span>`}
    ${tick("Enrolment", 0)} ${knows("window") && tick(`${window.key}: ${short}`, short)}
    ${knows("exception") && tick(`${exception.key}: ${long}`, long, isOff ? "gone" : "")}
  </div>`;
}

const Answer = ({ deed, truth, reason, ...claim }) => html`<div class="answer">
  <p><span>What the Actor did</span><b>${deed}</b></p>
  <p><span>What the protocol says</span>${truth}</p>
  <p><span>A good flag: the reason and the fault</span>${reason}<br />
    <b>Fault: ${claimTold(claim)}.</b></p>
  <p><a class="button primary" href="#/audit?task=oversight_easy&split=validation">Audit a trial</a></p>
</div>`;
