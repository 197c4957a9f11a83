/** Start. */

import { html } from "../vendor/preact-htm.js";

export function StartView() {
  return html`<h1>Start</h1>`;
}
