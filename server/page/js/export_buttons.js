/** The buttons that take an audit away, and the report that is printed. */

import { html, render } from "../vendor/preact-htm.js";
import { NO_CHAIN, auditTrail, deviationLog, episodeLine, trialOf } from "./exports.js";
import { Fate } from "./fate.js";
import { SKILL_SCALE, headline, rowsOf } from "./outcome.js";
import { readProtocol } from "./protocol_text.js";
import { download } from "./ui.js";
import { figure, signed, tierOf } from "./words.js";

/** `settings` are needed for the episode line alone, which is there once the audit is over. */
export function ExportButtons({ audit, settings }) {
  const { task_id, seed } = audit.kept.recipe;
  const save = (what, text, type) => download(`${tierOf(task_id)}-${seed}-${what}`, text, type);
  const { text, rows, leftOut } = deviationLog(audit);
  const trail = async () => save("trail.jsonl", await auditTrail(audit), "application/jsonl");
  const episode = () => save("episode.jsonl", episodeLine(audit, settings), "application/jsonl");
  const keep = (event) => audit.keep({ name: event.target.value });
  return html`<div class="saves">
    <label>Auditor's name <input value=${audit.kept.name} maxlength="100" autocomplete="name" onInput=${keep} /></label>
    <div class="row">
      <button type="button" onClick=${() => printReport(audit)}>Print the report</button>
      <button type="button" onClick=${trail}>Audit trail (JSON Lines)</button>
      <button type="button" onClick=${() => save("dv.csv", text, "text/csv")}>Deviations (CDISC DV): ${rows}</button>
      ${audit.isOver && settings && html`<button type="button" onClick=${episode}>Episode, for the replay</button>`}
    </div>
    ${!crypto.subtle && html`<p class="small">${NO_CHAIN}</p>`}
    ${leftOut.length > 0 && html`<p class="small soft">Flags left out of the deviations: ${leftOut.join("; ")}.</p>`}
  </div>`;
}

/** Put the report beside the page, where the print rules of style.css show it alone, and open the print dialog. */
function printReport(audit) {
  document.querySelector("body > .report")?.remove();
  const paper = Object.assign(document.createElement("section"), { className: "report" });
  render(html`<${Report} audit=${audit} />`, paper);
  document.body.append(paper);
  addEventListener("afterprint", () => paper.remove(), { once: true });
  print();
}

const figures = ({ score, skill, return_: total }) =>
  `Score ${figure(score)}. Skill ${signed(skill)} (${SKILL_SCALE}). Return ${signed(total)}.`;

function Report({ audit }) {
  const { outcome, decisions, kept } = audit;
  const protocol = readProtocol(audit.protocol);
  const claimed = (one) => ({ decision: one.status, is_wrong: one.status === "flagged" });
  const soFar = audit.proposals.map((one) => ({ ...one, ...claimed(one), action: decisions[one.proposal_id] }));
  const rows = outcome ? rowsOf(outcome, audit.proposals, decisions) : soFar;
  const filed = audit.steps.findLast(({ action }) => action.report)?.action.report ?? kept.report;
  const { task_id, split, seed } = kept.recipe;
  const entry = (row) => html`<${Fate} row=${row} protocol=${protocol} isOpen=${row.is_wrong} />`;
  const part = (title, some) => some.length > 0 && html`<h2>${title}</h2>${some.map(entry)}`;
  return html`
    <h1>Audit report, trial ${trialOf(audit)}</h1>
    <p><b>Synthetic data, not for clinical use.</b></p>
    <p>
      ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC. Auditor: ${kept.name || "not named"}.
      ${" "}Task ${tierOf(task_id)}, ${split} seed ${seed}. ${!audit.isOver && "The audit is not over."}
    </p>
    ${outcome && html`<p>${headline(outcome, "The auditor")} ${figures(outcome)}</p>`}
    ${part(outcome ? "Errors" : "Flagged as errors so far", rows.filter((row) => row.is_wrong))}
    ${part("Other proposals", rows.filter((row) => !row.is_wrong))}
    ${filed && html`<h2>The auditor's report</h2><p class="prose">${filed}</p>`}
  `;
}
