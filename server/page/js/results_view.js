/** Results. */

import { html } from "../vendor/preact-htm.js";

export function ResultsView() {
  return html`<h1>Results</h1>`;
}
