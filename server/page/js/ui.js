/** Small parts that several views use. */

import { html, useEffect, useReducer, useState } from "../vendor/preact-htm.js";
import { pieces } from "./protocol_text.js";

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
