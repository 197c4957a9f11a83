/** The bar that is always there: approve or flag the proposal that is open, which cannot be undone. */

import { html, useMemo, useRef } from "../vendor/preact-htm.js";
import { claimTold, placesOf } from "./claim.js";
import { Choice, Key } from "./ui.js";
import { signed, words } from "./words.js";

const [LONGEST_REASON, LONGEST_PLACE] = [2000, 64];

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
  const claim = decided.fault ? ` You claimed: ${claimTold(decided)}.` : "";
  const more = `${claim}${decided.confidence === undefined ? "" : ` Confidence ${decided.confidence}.`}`;
  if (decided.action_type === "approve") return html`<p>You approved it.${more}</p>`;
  return html`<p tabindex="0">You flagged it: <b>${words(decided.error_type)}</b>. ${decided.reason ?? ""}${more}</p>`;
}

function Form({ audit, settings, proposal }) {
  const id = proposal.proposal_id;
  const draft = audit.draft(id);
  const form = useRef(null);
  const known = settings.error_types.filter(({ tiers }) => tiers.includes(audit.opening.difficulty));
  const types = known.map(({ name, meaning }) => [name, `${words(name)}: ${meaning}`]);
  const faults = settings.faults.map(({ name, words: does }) => [name, `${words(name)}: ${does}`]);
  const { where = "", should_be: number = "" } = settings.faults.find(({ name }) => name === draft.fault) ?? {};
  const [right, wrong] = ["fault_claim", "false_claim"].map((event) => signed(settings.rewards[event], 2));
  const { citations = [] } = audit.known.reviews[id] ?? {};
  const places = useMemo(() => placesOf(audit.protocol, citations, draft.fault, settings),
    [audit.protocol, citations.join(), draft.fault]);
  const write = (name) => (event) => audit.write(id, { [name]: event.target.value });

  /** Have the browser say what is missing, or decide. An action that is refused would cost. */
  const decide = (action_type) => {
    const isFlag = action_type === "flag_error";
    const { sure, fault, where: place } = form.current.elements;
    if (!(isFlag ? [form.current] : [sure, fault, place]).every((field) => field.reportValidity())) return;
    const confidence = draft.confidence === "" ? undefined : Number(draft.confidence);
    const flag = isFlag ? { error_type: draft.error_type, reason: draft.reason } : {};
    const given = { fault: draft.fault, where: draft.where.trim(), should_be: draft.fault && !number ? "" : draft.should_be.trim() };
    const claim = Object.fromEntries(Object.entries(given).filter(([, value]) => value));
    audit.act({ action_type, proposal_id: id, ...flag, ...claim, confidence });
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) decide("flag_error");
  };
  const button = (action_type, name, look, label, key) => html`
    <button type="button" class=${look} id=${name} disabled=${audit.busy} onClick=${() => decide(action_type)}>
      ${label} <${Key} name=${key} /></button>`;
  const typeField = { id: "error-type", required: true };
  const faultField = { id: "fault", name: "fault", required: Boolean(draft.where.trim() || draft.should_be.trim()) };
  return html`
    <form ref=${form} onSubmit=${(event) => event.preventDefault()} onKeyDown=${onKeyDown}>
      <${Choice} class="type" label="What is wrong" field=${typeField} value=${draft.error_type}
        options=${[["", "Choose an error type"], ...types]}
        onChoice=${(error_type) => audit.write(id, { error_type })} />
      <label class="sure">Confidence, 0 to 1
        <input type="number" name="sure" min="0" max="1" step="any" placeholder="none" value=${draft.confidence}
          onInput=${write("confidence")} /></label>
      <label class="reason">Why: what shows it? A click on a value or a clause adds it.
        <textarea id="reason" required maxlength=${LONGEST_REASON} value=${draft.reason}
          onInput=${write("reason")} /></label>
      <${Choice} class="fault" label="What the Actor did" field=${faultField} value=${draft.fault}
        options=${[["", `No claim (right ${right}, false ${wrong})`], ...faults]} onChoice=${(fault) => audit.write(id, { fault })} />
      <label class="where">Where
        <input name="where" list="places" maxlength=${LONGEST_PLACE} required=${Boolean(draft.fault)} pattern=".*\\S.*"
          placeholder=${where} title=${where} autocomplete="off" value=${draft.where}
          onInput=${write("where")} /></label>
      <datalist id="places">${places.map((place) => html`<option value=${place} />`)}</datalist>
      <label class="should">Should be
        <input name="should_be" maxlength=${LONGEST_PLACE} placeholder=${number} disabled=${Boolean(draft.fault) && !number}
          title=${number} autocomplete="off" value=${draft.should_be}
          onInput=${write("should_be")} /></label>
      <div class="final">${button("approve", "approve", "primary", "Approve", "a")}
        ${button("flag_error", "flag", "danger", "Flag as wrong", "f")}</div>
    </form>
  `;
}
