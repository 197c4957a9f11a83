/** Audit. */

import { html } from "../vendor/preact-htm.js";

export function AuditView() {
  return html`<h1>Audit</h1>`;
}
