/** The page: shows the view that the address names. What all views share is in index.html. */

import { html, render, useLayoutEffect } from "../vendor/preact-htm.js";
import { AuditView } from "./audit_view.js";
import { GuideView } from "./guide_view.js";
import { ReplayView } from "./replay_view.js";
import { ResultsView } from "./results_view.js";
import { useRoute } from "./routes.js";
import { StartView } from "./start_view.js";
import { useJson } from "./ui.js";

const VIEWS = { start: StartView, guide: GuideView, audit: AuditView, replay: ReplayView, results: ResultsView };
const content = document.querySelector("#content");

function Page() {
  const { view, query } = useRoute();
  const { value: settings, problem } = useJson("page/settings");
  const View = Object.hasOwn(VIEWS, view) ? VIEWS[view] : StartView;
  useLayoutEffect(() => {
    content.className = `view ${view}`;
    for (const link of document.querySelectorAll("header nav a")) {
      const isHere = link.hash === (view === "start" ? "#/" : `#/${view}`);
      link.ariaCurrent = isHere ? "page" : null;
      if (isHere) document.title = `${link.textContent} · SynthAudit.Env`;
    }
  }, [view]);
  if (problem) return html`<p class="problem" role="alert">${problem}</p>`;
  return settings && html`<${View} query=${query} settings=${settings} />`;
}

document.querySelector(".skip").onclick = (event) => {
  event.preventDefault(); // the address names a view
  content.focus();
};
render(html`<${Page} />`, content);
