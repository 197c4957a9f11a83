/** Small parts that several views use. */

import { html, useEffect, useLayoutEffect, useReducer, useState } from "../vendor/preact-htm.js";
import { pieces } from "./protocol_text.js";
import { words } from "./words.js";

/** Draw again at each change of the audit: from a layout effect, as keys, or what is pressed at once would be lost. */
export function useChanges(audit) {
  const [, redraw] = useReducer((count) => count + 1, 0);
  useLayoutEffect(() => audit?.subscribe(redraw), [audit]);
}

/** What `read` makes of the JSON of addresses, each asked for once: {value} or {problem} by address. */
export function useJsons(addresses, read = (json) => json) {
  const [found, setFound] = useState({});
  useEffect(() => {
    let isWanted = true;
    for (const address of addresses.filter((one) => !found[one])) {
      const keep = (one) => isWanted && setFound((known) => ({ ...known, [address]: one }));
      loadJson(address).then(read).then((value) => keep({ value }), ({ message }) => keep({ problem: message }));
    }
    return () => (isWanted = false);
  }, [addresses.join()]);
  return found;
}

/** The same of one address. Where there is none nothing is asked. */
export const useJson = (address) => useJsons(address ? [address] : [])[address] ?? {};

/** The JSON of an address. Rejects with the server's sentence where it refuses. */
export const loadJson = (address) => load(address).then((response) => response.json());

/** The answer of an address. Rejects with the server's sentence where it refuses. */
export async function load(address) {
  const response = await fetch(address);
  if (response.ok) return response;
  const { detail } = await response.json().catch(() => ({}));
  throw new Error(typeof detail === "string" ? detail : `The server answered ${response.status} to ${address}.`);
}

/** A text whose citations can be opened: `onClause` gets "§4.1" or "Amendment 2". */
export function Linked({ text, onClause }) {
  return pieces(text).map((piece) =>
    piece.key && onClause
      ? html`<button type="button" class="cite" onClick=${() => onClause(piece.key)}>${piece.text}</button>`
      : piece.text,
  );
}

/** A part of a view, under its title. */
export const Part = ({ title, children, ...rest }) =>
  html`<section aria-label=${title} ...${rest}><h2>${title}</h2>${children}</section>`;

/** A field of choices. `options` are [value, text], or names whose words are the text. */
export function Choice({ label, value, options, onChoice, field = {}, ...rest }) {
  const option = (one) => (Array.isArray(one) ? one : [one, words(one)]);
  return html`<label ...${rest}>${label}
    <select value=${value} onChange=${(event) => onChoice(event.target.value)} ...${field}>
      ${options.map(option).map(([name, text]) => html`<option value=${name}>${text}</option>`)}
    </select>
  </label>`;
}

/** A table. `columns` are {head, cell, isNumber}: `cell` makes what a row shows. A `label` is a title elsewhere. */
export function Table({ caption, label = caption, columns, rows, rowClass }) {
  const cell = (row) => (one) => html`<td class=${one.isNumber && "number"}>${one.cell(row)}</td>`;
  const head = (one) => html`<th scope="col" class=${one.isNumber && "number"}>${one.head}</th>`;
  return html`<div class="wide" tabindex="0" role="region" aria-label=${label}><table>
    ${caption && html`<caption>${caption}</caption>`}
    <thead><tr>${columns.map(head)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr class=${rowClass?.(row)}>${columns.map(cell(row))}</tr>`)}</tbody>
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
