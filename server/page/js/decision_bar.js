/** The bar that is always there: approve or flag the proposal that is open, which cannot be undone. */

import { html, useRef } from "../vendor/preact-htm.js";
import { Choice, Key } from "./ui.js";
import { words } from "./words.js";

const LONGEST_REASON = 2000;

export function DecisionBar({ audit, settings, proposal }) {
  const decided = audit.decisions[proposal.proposal_id];
  return html`
    <section class="decide" id="pane-decide" aria-label="Decision">
      <h2 class="small">${proposal.proposal_id}
        <span class="soft"> ${decided ? "Decided" : "Decisions are final"}</span></h2>
      ${decided
        ? html`<${Standing} decided=${decided} />`
        : html`<${Form} ...${{ audit, settings, proposal }} key=${proposal.proposal_id} />`}
      <p class="problem small" role="alert">${audit.problem}</p>
    </section>
  `;
}

function Standing({ decided }) {
  const sure = decided.confidence === undefined ? "" : ` Confidence ${decided.confidence}.`;
  if (decided.action_type === "approve") return html`<p>You approved it.${sure}</p>`;
  return html`<p tabindex="0">You flagged it: <b>${words(decided.error_type)}</b>. ${decided.reason ?? ""}${sure}</p>`;
}

function Form({ audit, settings, proposal }) {
  const id = proposal.proposal_id;
  const draft = audit.draft(id);
  const form = useRef(null);
  const known = settings.error_types.filter(({ tiers }) => tiers.includes(audit.opening.difficulty));
  const types = known.map(({ name, meaning }) => [name, `${words(name)}: ${meaning}`]);
  const write = (name) => (event) => audit.write(id, { [name]: event.target.value });

  /** Have the browser say what is missing, or decide. An action that is refused would cost. */
  const decide = (action_type) => {
    const isFlag = action_type === "flag_error";
    if (!(isFlag ? form.current : form.current.elements.sure).reportValidity()) return;
    const confidence = draft.confidence === "" ? undefined : Number(draft.confidence);
    const flag = isFlag ? { error_type: draft.error_type, reason: draft.reason } : {};
    audit.act({ action_type, proposal_id: id, ...flag, confidence });
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) decide("flag_error");
  };
  const button = (action_type, name, look, label, key) => html`
    <button type="button" class=${look} id=${name} disabled=${audit.busy} onClick=${() => decide(action_type)}>
      ${label} <${Key} name=${key} /></button>`;
  const typeField = { id: "error-type", required: true };
  return html`
    <form ref=${form} onSubmit=${(event) => event.preventDefault()} onKeyDown=${onKeyDown}>
      <${Choice} class="type" label="What is wrong" field=${typeField} value=${draft.error_type}
        options=${[["", "Choose an error type"], ...types]}
        onChoice=${(error_type) => audit.write(id, { error_type })} />
      <label class="sure">Confidence, 0 to 1
        <input type="number" name="sure" min="0" max="1" step="any" placeholder="none" value=${draft.confidence}
          onInput=${write("confidence")} /></label>
      <label class="reason">Why: what did the Actor do, and what shows it? A click on a value or a clause puts it here.
        <textarea id="reason" required maxlength=${LONGEST_REASON} value=${draft.reason}
          onInput=${write("reason")} /></label>
      <div class="final">${button("approve", "approve", "primary", "Approve", "a")}
        ${button("flag_error", "flag", "danger", "Flag as wrong", "f")}</div>
    </form>
  `;
}
