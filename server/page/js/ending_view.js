/** How an audit went. */

import { html } from "../vendor/preact-htm.js";

export function EndingView() {
  return html`<h1>The audit is over</h1>`;
}

export function ExportButtons() {
  return null;
}
