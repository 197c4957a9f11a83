/** The look-ups of an audit: what each asks, whether it was asked before, and its button. */

import { html } from "../vendor/preact-htm.js";
import { Key } from "./ui.js";
import { signed } from "./words.js";

/** Names of the look-ups, their keys, and their actions for a proposal. */
export const LOOK_UPS = {
  r: { label: "Read the note", action: ({ proposal_id }) => ({ action_type: "review_proposal", proposal_id }) },
  o: { label: "Open the record", action: ({ patient_id }) => ({ action_type: "investigate_patient", patient_id }) },
  t: { label: "Count the days", action: ({ patient_id }) => ({ action_type: "temporal_audit", patient_id }) },
  s: {
    label: "What moved the Actor",
    action: ({ patient_id }, { shapField: feature }) => ({ action_type: "request_shap", patient_id, feature }),
  },
  c: { label: "Compare in the cohort", action: (_, { feature }) => ({ action_type: "cohort_analysis", feature }) },
};

/** Whether this very look-up was made: again, it would cost more and bring the same. */
export function wasMade(audit, action) {
  const text = JSON.stringify(action);
  return audit.steps.some((step) => !step.observation.error && JSON.stringify(step.action) === text);
}

/** A button that says what a look-up costs, and cannot be pressed twice. */
export function LookUp({ audit, name, subject, choices = {}, cost }) {
  const { label, action } = LOOK_UPS[name];
  const asked = action(subject, choices);
  const isDone = wasMade(audit, asked);
  return html`<button type="button" class="look" disabled=${isDone || audit.busy} onClick=${() => audit.act(asked)}>
    ${isDone ? "Looked up" : label}
    ${!isDone && html`<span class="soft small number">${signed(cost)}</span> <${Key} name=${name} />`}
  </button>`;
}
