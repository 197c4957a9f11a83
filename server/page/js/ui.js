/** Small parts that several views use. */

import { html, useEffect, useReducer, useState } from "../vendor/preact-htm.js";
import { pieces } from "./protocol_text.js";
import { words } from "./words.js";

/** Draw again whenever the audit changes. */
export function useChanges(audit) {
  const [, redraw] = useReducer((count) => count + 1, 0);
  useEffect(() => audit?.subscribe(redraw), [audit]);
}

/** JSON of an address, once: {value, problem}, both null until it is there. */
export function useJson(address) {
  const [state, setState] = useState({ value: null, problem: null });
  useEffect(() => {
    let isWanted = Boolean(address);
    if (isWanted) {
      loadJson(address).then(
        (value) => isWanted && setState({ value, problem: null }),
        (problem) => isWanted && setState({ value: null, problem: problem.message }),
      );
    }
    return () => (isWanted = false);
  }, [address]);
  return state;
}

/** Rejects with the server's sentence where it refuses. */
export async function loadJson(address) {
  const response = await fetch(address);
  if (response.ok) return response.json();
  const body = await response.json().catch(() => ({}));
  const told = body.detail ?? body.error ?? body.message;
  throw new Error(typeof told === "string" ? told : `The server answered ${response.status} to ${address}.`);
}

/** A text whose citations can be opened: `onClause` gets "§4.1" or "Amendment 2". */
export function Linked({ text, onClause }) {
  return pieces(text).map((piece) =>
    piece.key && onClause
      ? html`<button type="button" class="cite" onClick=${() => onClause(piece.key)}>${piece.text}</button>`
      : piece.text,
  );
}

/** A field of choices. `options` are [value, text], or names whose words are the text. */
export function Choice({ label, value, options, onChoice, field = {}, ...rest }) {
  const option = (one) => (Array.isArray(one) ? one : [one, words(one)]);
  return html`<label ...${rest}>${label}
    <select value=${value} onChange=${(event) => onChoice(event.target.value)} ...${field}>
      ${options.map(option).map(([name, text]) => html`<option value=${name}>${text}</option>`)}
    </select>
  </label>`;
}

/** A table. `columns` are {head, cell, isNumber}, where `cell` makes what a row shows. */
export function Table({ caption, columns, rows }) {
  return html`<div class="wide" tabindex="0" role="region" aria-label=${caption}><table>
    <caption>${caption}</caption>
    <thead><tr>${columns.map(({ head, isNumber }) => html`<th scope="col" class=${isNumber && "number"}>${head}</th>`)}</tr></thead>
    <tbody>${rows.map(
      (row) => html`<tr>${columns.map(({ cell, isNumber }) => html`<td class=${isNumber && "number"}>${cell(row)}</td>`)}</tr>`,
    )}</tbody>
  </table></div>`;
}

/** A key of the keyboard, as a label shows it. */
export const Key = ({ name }) => html`<kbd aria-hidden="true">${name}</kbd>`;

/** Have the browser save a text as a file. */
export function download(name, text, type = "text/plain") {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
