/** The page: its header, and the view that the address names. */

import { html, render, useEffect } from "../vendor/preact-htm.js";
import { AuditView } from "./audit_view.js";
import { GuideView } from "./guide_view.js";
import { ReplayView } from "./replay_view.js";
import { ResultsView } from "./results_view.js";
import { useRoute } from "./routes.js";
import { StartView } from "./start_view.js";
import { useJson } from "./ui.js";

const VIEWS = { start: StartView, guide: GuideView, audit: AuditView, replay: ReplayView, results: ResultsView };
const TABS = [
  ["start", "Start"],
  ["audit", "Audit"],
  ["replay", "Replay"],
  ["results", "Results"],
];

function Page() {
  const { view, query } = useRoute();
  const { value: settings, problem } = useJson("page/settings");
  const View = VIEWS[view] ?? StartView;
  useEffect(() => {
    document.title = `${(TABS.find(([name]) => name === view) ?? ["", "Guided case"])[1]} · SynthAudit.Env`;
  }, [view]);
  return html`
    <a class="skip" href="#content" onClick=${skip}>To the content</a>
    <header class="top">
      <a class="brand" href="#/"><img src="page/icon.svg" alt="" width="20" height="20" /><span>SynthAudit.Env</span></a>
      <nav aria-label="Views">
        ${TABS.map(
          ([name, label]) =>
            html`<a href=${`#/${name === "start" ? "" : name}`} aria-current=${name === view ? "page" : undefined}>${label}</a>`,
        )}
      </nav>
      <span class="note">Synthetic data, not for clinical use</span>
    </header>
    <main id="content" tabindex="-1" class=${`view ${view}`}>
      ${problem && html`<p class="problem" role="alert">${problem}</p>`}
      ${settings && html`<${View} query=${query} settings=${settings} />`}
    </main>
  `;
}

function skip(event) {
  event.preventDefault(); // the address names a view
  document.querySelector("#content").focus();
}

render(html`<${Page} />`, document.querySelector("#app"));
