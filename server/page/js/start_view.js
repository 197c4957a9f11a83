/** The first sight: what this is, the guided case, and the ways into an audit. */

import { html, useState } from "../vendor/preact-htm.js";
import { Audit } from "./audit_session.js";
import { Guide } from "./guide_view.js";
import { decides } from "./outcome.js";
import { go, routeTo } from "./routes.js";
import { Choice, Part } from "./ui.js";
import { taskOf, tierOf, words } from "./words.js";

const SPLIT = "validation";

export function StartView({ settings }) {
  const [kept, setKept] = useState(() => Audit.all().filter((one) => !one.over));
  return html`
    <header class="intro">
      <h1>Check the work of an AI that argues well</h1>
      <p>An AI, the Actor, reviews the patients of a clinical trial: about three in ten of its claims are wrong, and
        they read like the right ones. SynthAudit.Env trains and tests those who check such claims: language models, or
        you. ${kept.length > 0 && html` <a href=${routeTo("audit", { id: kept[0].id })}>Continue your audit</a>`}</p>
    </header>
    <${Guide} />
    <div class="ways">
      <${Part} title="Audit a trial">
        <${Tiers} settings=${settings} />
        <details><summary>More: split, seed and other tasks</summary><${More} settings=${settings} /></details>
      <//>
      <div>
        ${kept.length > 0 && html`<${Kept} kept=${kept} onKept=${setKept} />`}
        <${Part} title="See how others audit">
          <p><a href=${routeTo("replay")}>Replay</a> a log of audits step by step, two of one seed side by side.</p>
          <p><a href=${routeTo("results")}>Results</a> of many agents on held-out seeds.</p>
        <//>
      </div>
    </div>
  `;
}

/** A line for each difficulty, with what can be wrong there and not in the easier one. */
function Tiers({ settings }) {
  const tiers = settings.tasks.filter((one) => one.difficulty); // the adaptive task has none of its own
  const row = ({ task_id, difficulty, patients, proposals, steps }, number) => {
    const isNew = ({ tiers: of }) => of.includes(difficulty) && !of.includes(tiers[number - 1]?.difficulty);
    const wrong = settings.error_types.filter(isNew).map(({ name }) => words(name)).join(", ");
    return html`<li><a href=${routeTo("audit", { task: task_id, split: SPLIT })}>${tierOf(task_id)}</a>
      <span>${number > 0 && "also "}${wrong}</span>
      <small>${patients} patients, ${proposals.join("–")} proposals, ${steps} steps</small></li>`;
  };
  return html`<ol class="tiers">${tiers.map(row)}</ol>`;
}

function More({ settings }) {
  const tasks = settings.tasks.map(({ task_id }) => [task_id, tierOf(task_id)]);
  const [wanted, setWanted] = useState({ task: tasks[0][0], split: SPLIT, seed: "", level: "" });
  const want = (changes) => setWanted({ ...wanted, ...changes });
  const write = ({ target }) => want({ seed: target.value });
  const { levels } = settings.tasks.find(({ task_id }) => task_id === wanted.task); // of the frontier
  const { first_seed: first, last_seed: last, seeds } = settings.splits[wanted.split];
  return html`<form class="more" onSubmit=${(event) => (event.preventDefault(), go("audit", wanted))}>
    <${Choice} label="Task" value=${wanted.task} options=${tasks} onChoice=${(task) => want({ task, level: "" })} />
    <${Choice} label="Split" value=${wanted.split} options=${Object.keys(settings.splits)}
      onChoice=${(split) => want({ split, seed: "" }) /* a seed is of one split */} />
    <label>Seed, ${seeds?.join(", ") ?? `${first} to ${last}`}; empty: any
      <input type="number" min=${first} max=${last} value=${wanted.seed} onInput=${write} /></label>
    ${levels && html`<${Choice} label="Level" value=${wanted.level} options=${[["", "any"], ...levels]}
      onChoice=${(level) => want({ level })} />`}
    <button type="submit">Start</button>
  </form>`;
}

function Kept({ kept, onKept }) {
  const row = ({ id, recipe, begun, actions }) => {
    const name = `${tierOf(taskOf(recipe))}, seed ${recipe.seed}`;
    const time = new Date(begun).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
    const decided = new Set(actions.flatMap(({ action }) => (decides(action) ? action.proposal_id : []))).size;
    const forget = () => (Audit.forget(id), onKept(kept.filter((one) => one.id !== id)));
    return html`<li><a href=${routeTo("audit", { id })}>${name}</a><small>${time}, ${decided} decided</small>
      <button type="button" class="plain" aria-label=${`Forget ${name}`} onClick=${forget}>Forget</button></li>`;
  };
  return html`<${Part} title="Continue your audit"><ul class="kept">${kept.map(row)}</ul><//>`;
}
