/** How an audit went: mistakes first, then other auditors, the return, what to try next, and files to take away. */

import { html, useEffect, useRef } from "../vendor/preact-htm.js";
import { whatNext } from "./advice.js";
import { ExportButtons } from "./export_buttons.js";
import { Fate } from "./fate.js";
import { CAUGHT, SKILL_SCALE, brier, counted, countsOf, eventWords } from "./outcome.js";
import { headline, mistakesOf, rowsOf, waterfall } from "./outcome.js";
import { readProtocol } from "./protocol_text.js";
import { routeTo } from "./routes.js";
import { useJson } from "./ui.js";
import { figure, signed } from "./words.js";

export { ExportButtons };

/** `audit` is an Audit that is over. `onReplay` goes to the replay. */
export function EndingView({ audit, settings, onReplay }) {
  const heading = useRef();
  const { outcome } = audit;
  const rows = rowsOf(outcome, audit.proposals, audit.decisions);
  const mistakes = mistakesOf(rows);
  const caught = rows.filter((row) => row.verdict === CAUGHT);
  const rest = rows.filter((row) => !row.isMistake && row.verdict !== CAUGHT);
  useEffect(() => {
    scrollTo(0, 0);
    heading.current.focus();
  }, [audit]);
  const protocol = readProtocol(audit.protocol);
  const fates = (some, isOpen) =>
    some.map((row) => html`<${Fate} key=${row.proposal_id} row=${row} protocol=${protocol} isOpen=${isOpen} />`);
  return html`<div class="ending">
    <header>
      <h1 tabindex="-1" ref=${heading}>${headline(outcome)}</h1>
      <${Figures} outcome=${outcome} rows=${rows} />
    </header>
    <div class="fates">
      ${mistakes.length > 0 && html`<h2>What went wrong</h2>${fates(mistakes, true)}`}
      ${caught.length > 0 && html`<h2>What you caught</h2>${fates(caught, false)}`}
      ${rest.length > 0 &&
      html`<details open=${rest.length === rows.length}>
        <summary><h2>The rest: ${counted(rest.length, "proposal")}</h2></summary>
        ${fates(rest, false)}
      </details>`}
    </div>
    <aside aria-label="Figures and what is next">
      <${Race} audit=${audit} />
      <${Next} ...${{ audit, settings, rows, onReplay }} />
      <${Waterfall} breakdown=${outcome.reward_breakdown} />
      <section><h2>Take it away</h2><${ExportButtons} audit=${audit} settings=${settings} /></section>
    </aside>
  </div>`;
}

function Figures({ outcome, rows }) {
  const sure = rows.filter((row) => row.action?.confidence != null).length;
  const told = [
    [rows.some((row) => row.is_wrong) ? "Score (F1.5)" : "Score (share approved)", figure(outcome.score)],
    ["Skill", signed(outcome.skill)],
    ["Return", signed(outcome.return_)],
    [`Brier score (0 is best; ${sure} with a confidence)`, figure(brier(rows))],
  ];
  return html`<dl class="figures">${told.map(([name, is]) => html`<div><dt>${name}</dt><dd>${is}</dd></div>`)}</dl>`;
}

/** The same trial, audited by others. The server tells of them once the audit is over. */
function Race({ audit }) {
  const { value, problem } = useJson(`page/reference/${encodeURIComponent(audit.episodeId)}`);
  const me = { agent: "You", outcome: audit.outcome, steps: audit.steps.length };
  const auditors = [me, ...(value?.auditors ?? [])].sort((one, other) => other.outcome.score - one.outcome.score);
  const rows = auditors.map(({ agent, outcome, steps }) => {
    const { errors, caught, right, alarms } = countsOf(outcome.proposals);
    const bar = { class: outcome === audit.outcome ? "me" : "other", style: { width: `${100 * outcome.score}%` } };
    const figures = [signed(outcome.skill, 2), `${caught}/${errors}`, `${alarms}/${right}`, steps];
    return [agent, figure(outcome.score), bar, ...figures];
  });
  return html`<section>
    <h2>The same trial, other auditors</h2>
    <${Bars} name="race" heads=${["Auditor", "Score", "", "Skill", "Caught", "False alarms", "Steps"]} rows=${rows} />
    <p class="small soft">Skill: ${SKILL_SCALE}.</p>
    ${problem && html`<p class="small">Other auditors are not shown. ${problem}</p>`}
  </section>`;
}

/** Where the return comes from: a bar an event, each from where the last one ended. */
function Waterfall({ breakdown }) {
  const payments = waterfall(breakdown);
  const ends = [0, ...payments.map((one) => one.running)];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const percent = (length) => `${(100 * length) / (high - low || 1)}%`;
  const rows = payments.map(({ event, amount, from, running }) => {
    const style = { left: percent(Math.min(from, running) - low), width: percent(Math.abs(amount)) };
    return [eventWords(event), { class: amount < 0 ? "loss" : "gain", style }, signed(amount), signed(running)];
  });
  return html`<section style=${{ "--zero": percent(-low) }}>
    <h2>What the return is made of</h2>
    <${Bars} name="waterfall" heads=${["Event", "", "Amount", "So far"]} rows=${rows} />
  </section>`;
}

/** A table of figures with a column of bars: its head is empty, and its cells are attributes of the bar. */
function Bars({ name, heads, rows }) {
  const head = (one, at) => (one ? html`<th class=${at > 0 && "number"}>${one}</th>` : html`<td class="track"></td>`);
  const bar = (one) => html`<td class="track"><i ...${one}></i></td>`;
  const cell = (one) => (one.style ? bar(one) : html`<td class="number">${one}</td>`);
  const row = ([first, ...others]) => html`<tr><th scope="row">${first}</th>${others.map(cell)}</tr>`;
  return html`<table class=${name}><thead><tr>${heads.map(head)}</tr></thead><tbody>${rows.map(row)}</tbody></table>`;
}

function Next({ audit, settings, rows, onReplay }) {
  const { task_id: task, split, seed, level, error_types: types } = audit.kept.recipe;
  const begin = (query) => html` <a href=${routeTo("audit", query)}>Begin</a>`;
  const told = whatNext(rows, audit.steps, audit.kept.recipe, settings);
  const again = routeTo("audit", { task, split, seed, level, types: types?.join(",") });
  return html`<section>
    <h2>What to try next</h2>
    <ul class="next">${told.map(({ text, query }) => html`<li>${text}${query && begin(query)}</li>`)}</ul>
    <p class="row">
      <a class="button" href=${again}>The same trial again</a>
      <a class="button" href=${routeTo("audit", { task, split })}>Another of this tier</a>
      <button type="button" onClick=${onReplay}>Go to the replay</button>
    </p>
  </section>`;
}
