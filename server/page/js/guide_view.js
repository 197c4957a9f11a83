/** Guide. */

import { html } from "../vendor/preact-htm.js";

export function GuideView() {
  return html`<h1>Guide</h1>`;
}
