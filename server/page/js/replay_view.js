/** Replay. */

import { html } from "../vendor/preact-htm.js";

export function ReplayView() {
  return html`<h1>Replay</h1>`;
}
