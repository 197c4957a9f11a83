/** What became of a proposal: the decision, what the Actor did, what the protocol says, and the clauses in full. */

import { html, useState } from "../vendor/preact-htm.js";
import { CAUGHT, LEFT_RIGHT, decisionTold } from "./outcome.js";
import { actingOn, pieces } from "./protocol_text.js";
import { Linked } from "./ui.js";
import { subjectOf, words } from "./words.js";

const MARKS = { mistake: "✗", sound: "✓", open: "○" };
const CHECKS = { type_right: "kind right", fault_named: "fault named", evidence_stated: "evidence stated" };

/** `row` is of rowsOf. A citation opens its clause; with `isOpen`, the one that the Actor got wrong is open. */
export function Fate({ row, protocol, isOpen }) {
  const cited = pieces(row.deed).flatMap((piece) => piece.key ?? []);
  const [open, setOpen] = useState(isOpen ? cited.find((key) => row.said.includes(key)) ?? cited[0] : null);
  const onClause = (key) => setOpen(key === open ? null : key);
  const kind = row.isMistake ? "mistake" : !row.verdict || row.verdict === LEFT_RIGHT ? "open" : "sound";
  const verdict = row.verdict ? `: ${row.verdict}` : "";
  const checks = Object.entries(CHECKS).map(([name, told]) => `${row[name] ? "✓" : "✗ no"} ${told}`);
  return html`<article class=${`fate ${kind}`}>
    <h3><span aria-hidden="true">${MARKS[kind]}</span> ${row.proposal_id}, ${subjectOf(row)}${verdict}</h3>
    <p class="small soft">${row.diagnosis}. The Actor says: ${row.recommended_action ?? "not read"}.</p>
    <p>${decisionTold(row)}${row.error_type && row.verdict !== CAUGHT && ` The error: ${words(row.error_type)}.`}</p>
    ${row.action?.reason && html`<blockquote class="prose">${row.action.reason}</blockquote>`}
    ${row.verdict === CAUGHT && html`<p class="small">${checks.join(" · ")}</p>`}
    ${row.deed && html`<p class="deed"><${Linked} text=${row.deed} onClause=${onClause} /></p>`}
    ${row.said && html`<p><${Linked} text=${row.said} onClause=${onClause} /></p>`}
    <div aria-live="polite">${open && html`<${Clause} protocol=${protocol} name=${open} />`}</div>
  </article>`;
}

/** A clause in full, and those that act on it. */
function Clause({ protocol, name }) {
  const keys = [name, ...actingOn(protocol, name)];
  const clauses = keys.flatMap((key) => protocol.clauses.find((one) => one.key === key) ?? []);
  const on = ({ mentions }) => keys.filter((key) => mentions.includes(key)).join(", ");
  if (!clauses.length) return html`<p class="clause">${name} is not in this protocol.</p>`;
  return html`<dl class="clause">
    ${clauses.map((one, at) => html`<dt>${one.key}${at > 0 && ` acts on ${on(one)}`}</dt><dd>${one.text}</dd>`)}
  </dl>`;
}
