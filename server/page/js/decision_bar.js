/** The bar that is always there: approve or flag the proposal that is open, which cannot be undone. */

import { html, useState } from "../vendor/preact-htm.js";
import { Key } from "./ui.js";
import { words } from "./words.js";

const LONGEST_REASON = 2000;

export function DecisionBar({ audit, settings, proposal, reasonField }) {
  const decided = audit.decisions[proposal.proposal_id];
  return html`
    <section class="decide" id="pane-decide" aria-label="Decision">
      <h2 class="small">
        ${proposal.proposal_id} <span class="soft">${decided ? "Decided" : "Decisions are final"}</span>
      </h2>
      ${decided
        ? html`<${Standing} decided=${decided} />`
        : html`<${Form} ...${{ audit, settings, proposal, reasonField }} key=${proposal.proposal_id} />`}
      <p class="problem small" role="alert">${audit.problem}</p>
    </section>
  `;
}

function Standing({ decided }) {
  const sure = decided.confidence === undefined ? "" : ` Confidence ${decided.confidence}.`;
  if (decided.action_type === "approve") return html`<p>You approved it.${sure}</p>`;
  return html`<p>You flagged it: <b>${words(decided.error_type)}</b>. ${decided.reason ?? ""}${sure}</p>`;
}

function Form({ audit, settings, proposal, reasonField }) {
  const id = proposal.proposal_id;
  const draft = audit.draft(id);
  const [missing, setMissing] = useState("");
  const types = settings.error_types.filter(({ tiers }) => tiers.includes(audit.opening.difficulty));
  const write = (name) => (event) => audit.write(id, { [name]: event.target.value });

  /** Say what is missing, or decide. An action that is refused would cost. */
  const decide = (action_type) => {
    const confidence = draft.confidence === "" ? undefined : Number(draft.confidence);
    if (confidence !== undefined && !(confidence >= 0 && confidence <= 1)) {
      setMissing("Confidence is a number from 0 to 1.");
      return;
    }
    if (action_type === "flag_error" && !draft.error_type) {
      setMissing("Choose what is wrong with it.");
      document.querySelector("#error-type").focus();
      return;
    }
    if (action_type === "flag_error" && !draft.reason.trim()) {
      setMissing("Write why it is wrong.");
      reasonField.current.focus();
      return;
    }
    setMissing("");
    const flag = action_type === "flag_error" ? { error_type: draft.error_type, reason: draft.reason.trim() } : {};
    audit.act({ action_type, proposal_id: id, ...flag, confidence });
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) decide("flag_error");
  };
  return html`
    <form onSubmit=${(event) => event.preventDefault()} onKeyDown=${onKeyDown}>
      <label class="type">
        What is wrong
        <select id="error-type" value=${draft.error_type} onChange=${write("error_type")}>
          <option value="">Choose an error type</option>
          ${types.map(({ name, meaning }) => html`<option value=${name} title=${meaning}>${words(name)}</option>`)}
        </select>
      </label>
      <label class="sure">
        Confidence, 0 to 1
        <input type="number" min="0" max="1" step="0.05" placeholder="none" value=${draft.confidence} onInput=${write("confidence")} />
      </label>
      <label class="reason">
        Why: what did the Actor do, and which value or clause shows it? Click a value or a clause to put it here.
        <textarea id="reason" ref=${reasonField} maxlength=${LONGEST_REASON} value=${draft.reason} onInput=${write("reason")}></textarea>
      </label>
      <div class="final">
        <button type="button" class="primary" id="approve" disabled=${audit.busy} onClick=${() => decide("approve")}>
          Approve <${Key} name="a" />
        </button>
        <button type="button" class="danger" id="flag" disabled=${audit.busy} onClick=${() => decide("flag_error")}>
          Flag as wrong <${Key} name="f" />
        </button>
      </div>
      ${missing && html`<p class="problem small" role="alert">${missing}</p>`}
    </form>
  `;
}
