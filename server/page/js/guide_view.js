/**
 * The guided case: a claim of the Actor's, then what decides it, lit one after the other, a question, and the answer.
 *
 * It goes on by itself until somebody touches it, and never past the question.
 */

import { html, useEffect, useRef, useState } from "../vendor/preact-htm.js";
import { Claim, Clauses, Days, limitOf, PatientRecord } from "./guide_case.js";
import { useKeys } from "./keys.js";
import { routeTo } from "./routes.js";
import { Key, useJson } from "./ui.js";

/** What is lit at each step, and what is said of it. */
const STEPS = [
  [["claim"], () => "An AI has made this claim. Does it hold?"],
  [["record", "stage", "treatment_start"], (told) => `The record: treatment began on day ${told.days}.`],
  [["window"], ({ days, clauses: { window } }) => `The rule: at most ${limitOf(window)} days. Day ${days} is late.`],
  [
    ["exception"],
    ({ days, record, clauses: { exception } }) =>
      `The exception: ${limitOf(exception)} days in Stage ${record.stage}. Day ${days} is in time.`,
  ],
  [[], () => "Would you have caught an error here?"],
  [["comorbidity_index", "override"], (_, choice) => `${choice}. The claim is wrong.`],
];
const QUESTION = 4;
const ANSWER = 5;
const READ_MS = [16000, 9000, 9000, 9000];
const MISSED = "You would have missed it";
const CAUGHT = "You would have caught it";

export function GuideView() {
  return html`<h1>Would you have caught it?</h1>
    <${Guide} />`;
}

export function Guide() {
  const { value, problem } = useJson("page/data/guided_case.json");
  return html`
    <section class="guided" aria-label="A guided case of 90 seconds">
      ${problem && html`<p class="problem" role="alert">${problem}</p>`} ${value && html`<${Case} told=${value} />`}
    </section>
  `;
}

function Case({ told }) {
  const [at, setAt] = useState(0);
  const [choice, setChoice] = useState(null);
  const [movesByItself, setMovesByItself] = useState(
    () => matchMedia("(min-width: 800px) and (prefers-reduced-motion: no-preference)").matches,
  );
  const shown = useRef(null);
  const touched = useRef(false);

  const turn = (by) => {
    touched.current = true;
    setMovesByItself(false);
    setAt((now) => Math.min(Math.max(now + by, 0), choice ? ANSWER : QUESTION));
  };
  const choose = (chosen) => {
    turn(0);
    setChoice(chosen);
    setAt(ANSWER);
  };
  useEffect(() => {
    if (!movesByItself || at >= QUESTION) return undefined;
    const timer = setTimeout(setAt, READ_MS[at], at + 1);
    return () => clearTimeout(timer);
  }, [movesByItself, at]);
  useEffect(() => {
    if (movesByItself || !touched.current) return;
    const seen = [".lit", "tr:last-child", ".line", ".line", ".line", ".answer"][at];
    shown.current.querySelector(seen).scrollIntoView({ block: "nearest" });
    if (at >= QUESTION) shown.current.querySelector(".turn").focus({ preventScroll: true }); // its button is gone
  }, [at]);
  const [approve, flag] = [() => choose(MISSED), () => choose(CAUGHT)];
  const [back, next] = [() => turn(-1), () => turn(1)];
  const arrows = { ArrowLeft: back, ArrowRight: next };
  useKeys(at === QUESTION ? { ...arrows, a: approve, f: flag } : arrows, true);

  const [lit, said] = STEPS[at];
  const read = STEPS.slice(0, at + 1).flatMap(([one]) => one);
  const isOff = at === ANSWER;
  return html`
    <div ref=${shown}>
      <${Claim} review=${told.review} lit=${lit} />
      <div class="evidence">
        <div>
          <h2>Record</h2>
          <${PatientRecord} record=${told.record} days=${told.days} lit=${lit} />
        </div>
        <div>
          <h2>Protocol</h2>
          <${Clauses} clauses=${told.clauses} lit=${lit} isOff=${isOff} />
          <${Days} days=${told.days} clauses=${told.clauses} read=${read} isOff=${isOff} />
        </div>
      </div>
      <div class="turn" tabindex="-1">
        <p class="so-far" aria-hidden="true">${STEPS.map((_, step) => html`<i class=${step <= at && "done"} />`)}</p>
        <p class="said" role="status">${said(told, choice)}</p>
        <p class="moves">
          <button type="button" disabled=${at === 0} onClick=${back}>Back</button>
          ${at < QUESTION && movesByItself && html`<button type="button" onClick=${() => turn(0)}>Pause</button>`}
          ${at < QUESTION && html`<button type="button" class="primary" onClick=${next}>Next</button>`}
          ${at === QUESTION &&
          html`<button type="button" class="choice" onClick=${approve}>I would have approved<${Key} name="a" /></button>
            <button type="button" class="choice" onClick=${flag}>I would have flagged<${Key} name="f" /></button>`}
        </p>
      </div>
      ${isOff && html`<${Answer} ...${told.answer} />`}
    </div>
  `;
}

const FIRST = routeTo("audit", { task: "oversight_easy", split: "validation" });
const Answer = ({ deed, truth, reason }) => html`
  <div class="answer">
    <p><span>What the Actor did</span><b>${deed}</b></p>
    <p><span>What the protocol says</span>${truth}</p>
    <p><span>A good reason for the flag</span>${reason}</p>
    <p><a class="button primary" href=${FIRST}>Audit a trial</a></p>
  </div>
`;
