/** Replay: episode logs are opened, their episodes listed and filtered. The address names log, episode (its line),
 *  step, and what is beside it. After a reload the server's logs open themselves; a file has to be dropped again. */

import { html, useEffect, useLayoutEffect, useState } from "../vendor/preact-htm.js";
import { fileLog, keptLog } from "./episode_file.js";
import { EpisodeView, besideOf } from "./replay_episode.js";
import { go, routeTo } from "./routes.js";
import { Choice, useJson } from "./ui.js";
import { figure, signed, tierOf } from "./words.js";

const AT_ONCE = 100;
const MOST_REFUSED = 5;
const OF_FILE = "file:";
/** Open logs by key. The view is made anew whenever it is turned to. */
const logs = new Map();

/** Opens the text of a file that the page makes itself, and goes to its episode. */
export async function openOwn(name, text) {
  const key = OF_FILE + name;
  logs.set(key, await fileLog(new Blob([text]), key, name));
  go("replay", { log: key, episode: 1 });
}

/** Opens the logs that the address names, and files: {share, problem, openFiles}. `share` is what is read of a file. */
function useLogs(keys) {
  const [state, setState] = useState({});
  const told = (share) => setState({ share });
  const open = async (opening) => {
    told(0);
    setState({ problem: await opening.then((log) => void logs.set(log.key, log), ({ message }) => message) });
  };
  const openFiles = async (files) => {
    for (const file of files) await open(fileLog(file, OF_FILE + file.name, file.name, told));
  };
  useEffect(() => {
    const missing = keys.filter((key) => key && !logs.has(key) && !key.startsWith(OF_FILE));
    for (const key of new Set(missing)) open(keptLog(key, told));
  }, keys);
  useLayoutEffect(() => {
    const light = (isOver) => document.body.classList.toggle("over", isOver);
    const isFile = ({ dataTransfer }) => dataTransfer.types.includes("Files");
    document.ondragover = (event) => (event.preventDefault(), light(isFile(event))); // a browser would turn to the file
    document.ondragleave = ({ relatedTarget }) => relatedTarget ?? light(false); // null is outside of the window
    document.ondrop = (event) => (event.preventDefault(), light(false), openFiles([...event.dataTransfer.files]));
    return () => (document.ondragover = document.ondragleave = document.ondrop = null);
  }, []);
  return { ...state, openFiles };
}

export function ReplayView({ query, settings }) {
  const { share, problem, openFiles } = useLogs([query.log, besideOf(query).key]);
  const { value: kept } = useJson(settings.logs ? "page/logs" : null);
  const open = [...logs.values()];
  if (logs.has(query.log) && query.episode) {
    return html`<${EpisodeView} key=${`${query.log} ${query.episode}`} logs=${open} query=${query} />`;
  }
  const isGone = query.log?.startsWith(OF_FILE) && !logs.has(query.log);
  return html`
    <div class="replay-open">
      <h1>Replay an audit</h1>
      <p>See step by step what an agent saw, what it did, and what that earned. Drop episode logs anywhere on this page:
        they stay on your computer.</p>
      <p class="replay-ways">
        <label class="button primary">Choose files<input type="file" multiple accept=".jsonl" class="hidden"
          onChange=${({ target }) => openFiles([...target.files]).then(() => (target.value = ""))} /></label>
      </p>
      ${kept?.length > 0 && html`<details open><summary>Logs of this server (${kept.length})</summary><ul>
        ${kept.map(({ name, bytes }) => html`<li><a href=${routeTo("replay", { log: name })}>${name}</a>
          <span class="soft number"> ${Math.ceil(bytes / 1000).toLocaleString("en")} kB</span></li>`)}</ul></details>`}
      ${isGone && html`<p class="problem">${query.log.slice(OF_FILE.length)} is a file of your computer, which this page
        does not keep. Drop it again.</p>`}
      ${problem && html`<p class="problem" role="alert">${problem}</p>`}
      ${share !== undefined && html`<progress aria-label="Reading" value=${share} />`}
      ${open.map(Refused)}
    </div>
    ${open.length > 0 && html`<${Episodes} open=${open} />`}
  `;
}

/** What of a log could not be read. */
function Refused({ name, headings, refused, ending }) {
  const further = refused.length - MOST_REFUSED;
  if (headings.length && !refused.length && !ending) return null;
  return html`<div class="problem" role="status"><p>Episodes in ${name}: ${headings.length}. ${ending}</p>
    ${refused.slice(0, MOST_REFUSED).map(({ line, why }) => html`<p>Line ${line}: ${why}</p>`)}
    ${further > 0 && html`<p>Further lines that are no episodes: ${further}.</p>`}</div>`;
}

/** All episodes of the open logs, filtered. */
function Episodes({ open }) {
  const [filter, setFilter] = useState({ agent: "", task: "", least: "", most: "" });
  const [shown, setShown] = useState(AT_ONCE);
  const all = open.flatMap((log) => log.headings.map((one) => ({ ...one, log })));
  const isIn = (score) => score >= Number(filter.least || -Infinity) && score <= Number(filter.most || Infinity);
  const isNamed = ({ agent, task }) => [agent, ""].includes(filter.agent) && [task, ""].includes(filter.task);
  const found = all.filter((one) => isNamed(one) && isIn(one.score));
  const set = (name) => (value) => setFilter({ ...filter, [name]: value });
  const namesOf = (name) => [...new Set(all.map((one) => one[name]))].sort().map((one) => [one, tierOf(one)]);
  const choice = (name, label) => html`<${Choice} label=${label} value=${filter[name]} onChoice=${set(name)}
    options=${[["", "All"], ...namesOf(name)]} />`;
  const bound = (name, label) => html`<label>${label}<input type="number" min="0" max="1" step="0.05"
    onInput=${({ target }) => set(name)(target.value)} /></label>`;
  const numbers = (one) => [one.seed, figure(one.score), figure(one.fault_f1), signed(one.return), one.steps, one.mistakes];
  const row = ({ log, line, ...one }) => html`<tr>
    <td><a href=${routeTo("replay", { log: log.key, episode: line })}>${one.agent}</a></td>
    <td>${tierOf(one.task)}, ${one.split}</td>${numbers(one).map((cell) => html`<td class="number">${cell}</td>`)}
    <td class="soft small">${log.name}, line ${line}</td></tr>`;
  return html`
    <div class="replay-filter" role="group" aria-label="Filter">
      ${choice("agent", "Agent")} ${choice("task", "Task")} ${bound("least", "Score from")} ${bound("most", "Score to")}
      <p role="status">${found.length} of ${all.length} episodes</p>
    </div>
    <table class="replay-list"><thead><tr><th>Agent</th><th>Task</th>
      ${["Seed", "Score", "Fault F1", "Return", "Steps", "Mistakes"].map((one) => html`<th class="number">${one}</th>`)}<th>Log</th>
    </tr></thead><tbody>${found.slice(0, shown).map(row)}</tbody></table>
    ${found.length > shown && html`<button type="button" onClick=${() => setShown(shown + AT_ONCE)}>Show more</button>`}
  `;
}
