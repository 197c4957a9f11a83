/** One recorded episode, step by step, alone or beside another: the steps, what was seen and done. */

import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { useKeys } from "./keys.js";
import { countsOf, isMistake } from "./outcome.js";
import { Protocol } from "./panes.js";
import { adjust, go, routeTo } from "./routes.js";
import { framesOf, rowsOf, subjectOf, worldOf } from "./side_by_side.js";
import { Choice, Key, Linked } from "./ui.js";
import { figure, signed, tierOf, words } from "./words.js";

const [LONGEST_SHOWN, LONGEST_PROTOCOL, MOST_CLAUSES] = [20_000, 200_000, 2_000];
const titleOf = ({ agent, task, split, seed }) => `${agent} on ${tierOf(task)}, ${split} seed ${seed}`;
const cut = (text) => text.slice(0, LONGEST_SHOWN) + (text.length > LONGEST_SHOWN ? " … (the rest is left out)" : "");
const didIn = (action) =>
  `${words(action.action_type).replace(/ (proposal|patient|error|audit|analysis)$/, "")} ${subjectOf(action)}`;
const markOf = ({ error, verdict: of }) => (error ? "refused" : of && `${isMistake(of) ? "✗" : "✓"} ${of}`);
const colourOf = ({ verdict }) => (isMistake(verdict) ? "problem" : "");
/** What the address calls a row: the step on the left, or where that side did nothing, the one on the right. */
const nameOf = ([left, right]) => (left ? `${left.number}` : `beside-${right.number}`);

/** Where that is which stands beside: the key of its log, the episode's own where none is named, and its line. */
export function besideOf({ log, beside = "" }) {
  const [, key = log, line] = /^(?:(.*):)?(\d+)$/s.exec(beside) ?? [];
  return { key, line };
}

/** The episode at a line of a log, with its frames: {episode, problem}. */
function useEpisode(logs, { key, line }) {
  const [state, setState] = useState({});
  const log = logs.find((one) => one.key === key);
  useEffect(() => {
    let isWanted = Boolean(line);
    const take = (found) => isWanted && setState(found);
    const heading = log?.headings.find((one) => `${one.line}` === line);
    const read = heading ? log.read(heading) : Promise.reject(new Error(`there is no episode at line ${line}`));
    const opened = (episode) => take({ episode: { ...episode, world: worldOf(episode), frames: framesOf(episode) } });
    read.then(opened).catch(({ message }) => take({ problem: message }));
    return () => void setState((isWanted = false) || {});
  }, [log, line]);
  return state;
}

export function EpisodeView({ logs, query }) {
  const [step, setStep] = useState("1");
  const [lit, setLit] = useState(null);
  const list = useRef();
  const { episode, problem } = useEpisode(logs, { key: query.log, line: query.episode });
  const second = useEpisode(logs, besideOf(query));
  const other = episode && episode.world === second.episode?.world ? second.episode : null;
  const rows = useMemo(() => (episode ? rowsOf(episode.frames, other?.frames) : []), [episode, other]);
  const at = Math.max(rows.findIndex((row) => nameOf(row) === step), 0);
  const following = rows.map((_, place) => (at + 1 + place) % rows.length);
  const next = following.find((place) => rows[place].some((frame) => isMistake(frame?.verdict)));
  const turn = (name) => (setStep(name), setLit(null), adjust({ step: name }));
  const move = (to) => rows[to] && turn(nameOf(rows[to]));
  useEffect(() => setStep(query.step ?? "1"), [query]);
  const ways = { ArrowRight: at + 1, j: at + 1, ArrowLeft: at - 1, k: at - 1, m: next, Home: 0, End: rows.length - 1 };
  useKeys(Object.fromEntries(Object.entries(ways).map(([key, place]) => [key, () => move(place)])), true);
  useEffect(() => list.current?.children[at]?.scrollIntoView({ block: "nearest" }), [at, rows]);
  const leave = html`<a href=${routeTo("replay", { log: query.log })}>All episodes</a>`;
  if (problem) return html`<p role="alert">This cannot be replayed: ${problem}. ${leave}</p>`;
  if (!episode) return html`<p role="status">The episode is being read.</p>`;

  const isSame = ({ task, seed }) => task === episode.task && seed === episode.seed;
  const others = logs.flatMap(({ key, name, headings }) => headings.filter(isSame).map(({ line, agent, score }) =>
    [key === query.log ? `${line}` : `${key}:${line}`, `${agent}, ${figure(score)} (${name}, line ${line})`]));
  const choose = (beside) => {
    go("replay", { ...query, step, beside });
    document.querySelector("#content").focus(); // or the next arrow key would choose again
  };
  const button = (to, name, key) => html`<button type="button" onClick=${() => move(to)} disabled=${!rows[to]}>
    ${name} <${Key} name=${key} /></button>`;
  const sides = other ? [episode, other] : [episode];
  const onClause = (key) => setLit({ key });
  const protocol = episode.opening.protocol_excerpt?.split("\n", MOST_CLAUSES).join("\n").slice(0, LONGEST_PROTOCOL);
  const apart = second.episode && !other
    ? `${titleOf(episode)} and ${titleOf(second.episode)} are different episodes` : second.problem;
  return html`
    <div class="replay-head">
      ${leave}<h1>${titleOf(episode)}</h1>
      <${Choice} label="Beside it" value=${query.beside ?? ""} onChoice=${choose}
        options=${[["", "none"], ...others.filter(([name]) => name !== query.episode)]} />
      ${button(at - 1, "Back", "←")} ${button(at + 1, "Next", "→")} ${button(next, "Next mistake", "m")}
    </div>
    ${sides.map(Figures)}
    ${apart && html`<p class="problem" role="alert">They cannot stand side by side: ${apart}.</p>`}
    <div class=${`replay-body ${other ? "two" : ""} ${other && !lit ? "" : "known"}`}>
      <ol class="replay-steps" ref=${list} aria-label="Steps">${rows.map((row, place) => html`<li key=${nameOf(row)}>
        <button type="button" aria-current=${place === at && "step"} onClick=${() => move(place)}>
          ${sides.map((_, side) => html`<${Line} ...${row[side]} />`)}</button></li>`)}</ol>
      ${sides.map((one, side) => html`<section class="replay-step" tabindex="0" aria-label=${one.agent}>
        <${Step} episode=${one} frame=${rows[at][side]} name=${other && `${one.agent}: `} onClause=${onClause} />
        </section>`)}
      ${(!other || lit) && html`<section class="replay-known" tabindex="0" aria-label="Protocol"><h2>Protocol</h2>
        <${Protocol} text=${protocol} lit=${lit} onPick=${onClause} /></section>`}
    </div>`;
}

/** How an episode went, on one line. */
function Figures({ agent, outcome, usage, gave_up: gaveUp }) {
  const { errors, caught, alarms } = countsOf(outcome.proposals);
  const told = [`score ${figure(outcome.score)}`, `skill ${signed(outcome.skill)}`,
    `fault F1 ${figure(outcome.fault_f1)}`, `return ${signed(outcome.return_)}`,
    `errors missed ${errors - caught}`, `false alarms ${alarms}`];
  if (usage) told.push(`tokens ${(usage.prompt_tokens + usage.completion_tokens).toLocaleString("en")}`);
  return html`<p class="replay-figures number"><b>${agent}</b>${told.map((one) => html`<span>${one}</span>`)}</p>
    ${gaveUp && html`<p class="problem small">${cut(gaveUp)}</p>`}`;
}

/** A step in the list; without a number nothing that was done. */
function Line({ number, action, outcome, paid, ...judged }) {
  const did = outcome ? "outcome" : action && didIn(action);
  return html`<span class="replay-line"><span class="number soft">${action && number}</span>
    <span>${did}<small class=${colourOf(judged)}>${markOf(judged)}</small></span>
    <span class="number small">${action && signed(paid)}</span></span>`;
}

/** What was seen, done and brought in a step; or the outcome, mistakes first. */
function Step({ episode, frame, name, onClause }) {
  if (!frame) return html`<h2>${name}nothing that goes with it</h2>`;
  const linked = (text) => html`<pre><${Linked} text=${cut(text)} onClause=${onClause} /></pre>`;
  if (frame.outcome) return html`<h2>${name}Outcome</h2>${frame.outcome.map((one) => html`<h3 class=${colourOf(one)}>
    ${one.proposal_id}: ${one.verdict}${one.step > 0 && `, step ${one.step}`}</h3>
    ${linked([one.explanation, ...one.claim].join("\n"))}`)}`;
  const { action, error, number, paid, running, left } = frame;
  const written = action.reason ?? action.report;
  return html`<h2 aria-live="polite">${name}Step ${number} of ${episode.steps.length}</h2>
    <p class="soft number">Paid ${signed(paid)}, return so far ${signed(running)}, ${left} steps left</p>
    <details key=${number}><summary>What the agent saw before</summary>${linked(frame.saw)}</details>
    <h3>What it did</h3>
    <p>${words(action.action_type)} <b>${subjectOf(action)}</b>${action.error_type && ` as ${words(action.error_type)}`}
      ${action.confidence !== null && `, confidence ${action.confidence}`}</p>
    ${written && html`<blockquote>${linked(written)}</blockquote>`}
    ${frame.why && html`<h3 class=${colourOf(frame)}>${markOf(frame)}</h3>
      ${linked([frame.why, ...frame.claim].join("\n"))}`}
    <h3>What that brought</h3>
    ${error ? html`<p class="problem">Refused: ${cut(error)}</p>` : linked(frame.brought)}`;
}
