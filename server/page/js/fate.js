/** What became of an audit in figures, and of each proposal: the decision, what the Actor did, the clauses in full. */

import { html, useState } from "../vendor/preact-htm.js";
import { claimLines, faultCounts, isHit } from "./claim.js";
import { CAUGHT, LEFT_RIGHT, brier, counted, decisionTold, isMistake } from "./outcome.js";
import { actingOn, pieces, readProtocol } from "./protocol_text.js";
import { Linked } from "./ui.js";
import { figure, signed, subjectOf, words } from "./words.js";

const MARKS = { mistake: "✗", sound: "✓", open: "○" };

/** `rows` are of rowsOf, here and below. */
export function Figures({ outcome, rows }) {
  const sure = rows.filter((row) => row.action?.confidence != null).length;
  const told = [
    [rows.some((row) => row.is_wrong) ? "Score (F1.5)" : "Score (share approved)", figure(outcome.score)],
    ["Skill", signed(outcome.skill)],
    ["Fault F1", figure(outcome.fault_f1)],
    ["Return", signed(outcome.return_)],
  ];
  if (sure) told.push([`Brier score (0 is best; ${sure} with a confidence)`, figure(brier(rows))]);
  const { faulty, hits, wrong } = faultCounts(rows);
  return html`<dl class="figures">${told.map(([name, is]) => html`<div><dt>${name}</dt><dd>${is}</dd></div>`)}</dl>
    <p class="small soft">Fault F1 counts the claims about what the Actor did. Right, with the number: ${hits} of
      ${` ${counted(faulty, "faulty argument")}`}. Other claims: ${wrong}.</p>`;
}

/** Some of the proposals. With `isOpen`, the clause that the Actor got wrong is open at first. */
export function Fates({ audit, rows, title, isOpen }) {
  const protocol = readProtocol(audit.protocol);
  const fate = (row) => html`<${Fate} key=${row.proposal_id} row=${row} protocol=${protocol} isOpen=${isOpen} />`;
  return rows.length > 0 && html`${title && html`<h2>${title}</h2>`}${rows.map(fate)}`;
}

function Fate({ row, protocol, isOpen }) {
  const { proposal_id: id, verdict, said, deed, action, error_type: error } = row;
  const cited = pieces(deed).flatMap((piece) => piece.key ?? []);
  const [open, setOpen] = useState(isOpen ? cited.find((key) => said.includes(key)) ?? cited[0] : null);
  const linked = (text) => html`<${Linked} text=${text} onClause=${(key) => setOpen(key === open ? null : key)} />`;
  const isFalse = action?.fault && row.faults && !isHit(row);
  const kind = isMistake(verdict) ? "mistake" : !verdict || verdict === LEFT_RIGHT ? "open" : "sound";
  return html`<article class=${`fate ${kind}`}>
    <h3><span aria-hidden="true">${MARKS[kind]}</span> ${id}, ${subjectOf(row)}${verdict && `: ${verdict}`}</h3>
    <p class="small soft">${row.diagnosis}. The Actor's note: ${row.recommended_action ?? "not read"}.</p>
    <p>${decisionTold(row)}${error && verdict !== CAUGHT && ` The error: ${words(error)}.`}</p>
    ${action?.reason && html`<blockquote class="prose">${action.reason}</blockquote>`}
    ${claimLines(action, row).map((line, at) => html`<p class=${isFalse && !at && "problem"}>${linked(line)}</p>`)}
    ${deed && html`<p class="deed">${linked(deed)}</p>`} ${said && html`<p>${linked(said)}</p>`}
    <div aria-live="polite">${open && html`<${Clause} protocol=${protocol} name=${open} />`}</div>
  </article>`;
}

/** A clause in full, and those that act on it. */
function Clause({ protocol, name }) {
  const keys = [name, ...actingOn(protocol, name)];
  const clauses = keys.flatMap((key) => protocol.clauses.find((one) => one.key === key) ?? []);
  const on = ({ mentions }) => keys.filter((key) => mentions.includes(key)).join(", ");
  if (!clauses.length) return html`<p class="clause">${name} is not in this protocol.</p>`;
  const item = (one, at) => html`<dt>${one.key}${at > 0 && ` acts on ${on(one)}`}</dt><dd>${one.text}</dd>`;
  return html`<dl class="clause">${clauses.map(item)}</dl>`;
}
