/** How an audit went: mistakes first, then other auditors, the return, what to try next, and files to take away. */

import { html, useLayoutEffect, useRef } from "../vendor/preact-htm.js";
import { ExportButtons, episodeLine, nameOf } from "./exports.js";
import { Fates, Figures } from "./fate.js";
import { CAUGHT, MISTAKES, SKILL_SCALE, counted, countsOf, eventWords } from "./outcome.js";
import { headline, rowsOf, waterfall, whatNext } from "./outcome.js";
import { openOwn } from "./replay_view.js";
import { routeTo } from "./routes.js";
import { Part } from "./ui.js";
import { figure, signed } from "./words.js";

/** `audit` is an Audit that is over. */
export function EndingView({ audit, settings }) {
  const heading = useRef();
  const { outcome } = audit;
  const rows = rowsOf(audit);
  const mistakes = MISTAKES.flatMap((verdict) => rows.filter((row) => row.verdict === verdict));
  const caught = rows.filter((row) => row.verdict === CAUGHT);
  const rest = rows.filter((row) => !mistakes.includes(row) && !caught.includes(row));
  useLayoutEffect(() => (scrollTo(0, 0), heading.current.focus()), [audit]);
  return html`<div class="ending">
    <header>
      <h1 tabindex="-1" ref=${heading}>${headline(outcome)}</h1><${Figures} outcome=${outcome} rows=${rows} />
    </header>
    <div class="fates">
      <${Fates} audit=${audit} rows=${mistakes} title="What went wrong" isOpen />
      <${Fates} audit=${audit} rows=${caught} title="What you caught" />
      ${rest.length > 0 && html`<details open=${rest.length === rows.length}>
        <summary><h2>The rest: ${counted(rest.length, "proposal")}</h2></summary>
        <${Fates} audit=${audit} rows=${rest} />
      </details>`}
    </div>
    <aside aria-label="Figures and what is next">
      <${Race} audit=${audit} />
      <${Next} ...${{ audit, settings, rows }} />
      <${Waterfall} breakdown=${outcome.reward_breakdown} />
      <${Part} title="Take it away"><${ExportButtons} audit=${audit} settings=${settings} /><//>
    </aside>
  </div>`;
}

/** The same trial, audited by others. The server tells of them once the audit is over. */
function Race({ audit }) {
  const { auditors: others = [], problem } = audit.others ?? {};
  const me = { agent: "You", outcome: audit.outcome, steps: audit.steps.length };
  const auditors = [me, ...others].sort((one, other) => other.outcome.score - one.outcome.score);
  const rows = auditors.map(({ agent, outcome, steps }) => {
    const { errors, caught, right, alarms } = countsOf(outcome.proposals);
    const bar = html`<i class=${outcome === audit.outcome && "me"} style=${{ width: `${100 * outcome.score}%` }} />`;
    const counts = [figure(outcome.fault_f1, 2), `${caught}/${errors}`, `${alarms}/${right}`, steps];
    return [agent, figure(outcome.score), bar, signed(outcome.skill, 2), ...counts];
  });
  return html`<${Part} title="The same trial, other auditors">
    <${Bars} name="race" rows=${rows}
      heads=${["Auditor", "Score", "", "Skill", "Fault F1", "Caught", "False alarms", "Steps"]} />
    <p class="small soft">Skill: ${SKILL_SCALE}.</p>
    ${problem && html`<p class="small">Other auditors are not shown. ${problem}</p>`}
  <//>`;
}

/** Where the return comes from: a bar an event, each from where the last one ended. */
function Waterfall({ breakdown }) {
  const payments = waterfall(breakdown);
  const ends = [0, ...payments.map((one) => one.running)];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const percent = (length) => `${(100 * length) / (high - low || 1)}%`;
  const rows = payments.map(({ event, amount, from, running }) => {
    const style = { left: percent(Math.min(from, running) - low), width: percent(Math.abs(amount)) };
    const bar = html`<i class=${amount < 0 ? "loss" : "gain"} style=${style} />`;
    return [eventWords(event), bar, signed(amount), signed(running)];
  });
  return html`<${Part} title="What the return is made of" style=${{ "--zero": percent(-low) }}>
    <${Bars} name="waterfall" heads=${["Event", "", "Amount", "So far"]} rows=${rows} />
  <//>`;
}

/** A table of figures with a column of bars: its head is empty, and its cells are elements. */
function Bars({ name, heads, rows }) {
  const head = (one, at) => (one ? html`<th class=${at > 0 && "number"}>${one}</th>` : html`<td class="track"></td>`);
  const cell = (one) => html`<td class=${one.type ? "track" : "number"}>${one}</td>`;
  const row = ([first, ...others]) => html`<tr><th scope="row">${first}</th>${others.map(cell)}</tr>`;
  return html`<table class=${name}><thead><tr>${heads.map(head)}</tr></thead><tbody>${rows.map(row)}</tbody></table>`;
}

function Next({ audit, settings, rows }) {
  const { task_id: task, split, seed, level, error_types: types } = audit.kept.recipe;
  const again = routeTo("audit", { task, split, seed, level, types: types?.join(",") });
  const advice = ({ text, query }) =>
    html`<li>${text}${query && html` <a href=${routeTo("audit", query)}>Begin</a>`}</li>`;
  const toReplay = () => openOwn(`${nameOf(audit)}-episode.jsonl`, episodeLine(audit, settings));
  return html`<${Part} title="What to try next">
    <ul class="next">${whatNext(rows, audit, settings).map(advice)}</ul>
    <p class="row">
      <a class="button" href=${again}>The same trial again</a>
      <a class="button" href=${routeTo("audit", { task, split, level: Number(level) || "" })}>Another of this tier</a>
      <button type="button" onClick=${toReplay}>Go to the replay</button>
    </p>
  <//>`;
}
