/** The first sight: what this is, the guided case, and the ways into an audit. */

import { html, useState } from "../vendor/preact-htm.js";
import { Audit } from "./audit_session.js";
import { Guide } from "./guide_view.js";
import { go, routeTo } from "./routes.js";
import { tierOf, words } from "./words.js";

const ADAPTIVE = "oversight_adaptive";
const SPLIT = "validation";

export function StartView({ settings }) {
  const [kept, setKept] = useState(keptAudits());
  return html`
    <header class="intro">
      <h1>Check the work of an AI that argues well</h1>
      <p>
        An AI, the Actor, reviews the patients of a clinical trial: about three in ten of its claims are wrong, and they
        read like the right ones. SynthAudit.Env trains and tests those who check such claims: language models, or you.
        ${kept.length > 0 && html` <a href=${routeTo("audit", { id: kept[0].id })}>Continue your audit</a>`}
      </p>
    </header>
    <${Guide} />
    <div class="ways">
      <section aria-labelledby="tiers">
        <h2 id="tiers">Audit a trial</h2>
        <${Tiers} settings=${settings} />
        <details>
          <summary>More: split, seed and the adaptive task</summary>
          <${More} settings=${settings} />
        </details>
      </section>
      <div>
        ${kept.length > 0 && html`<${Kept} kept=${kept} forgotten=${() => setKept(keptAudits())} />`}
        <section aria-labelledby="look">
          <h2 id="look">See how others audit</h2>
          <p><a href=${routeTo("replay")}>Replay</a> a trained and an untrained model on one seed.</p>
          <p><a href=${routeTo("results")}>Results</a> of many agents on held-out seeds.</p>
        </section>
      </div>
    </div>
  `;
}

const keptAudits = () => Audit.all().filter((one) => !one.over);

/** A line for each difficulty, with what can be wrong there and not in the easier ones. */
function Tiers({ settings }) {
  const tiers = settings.tasks.filter((one) => one.task_id !== ADAPTIVE);
  const wrong = tiers.map(({ difficulty }, number) => {
    const isNew = ({ tiers: of }) => of.includes(difficulty) && !(number && of.includes(tiers[number - 1].difficulty));
    return settings.error_types.filter(isNew).map(({ name }) => words(name)).join(", ");
  });
  const row = (tier, number) => html`
    <li>
      <a href=${routeTo("audit", { task: tier.task_id, split: SPLIT })}>${tierOf(tier.task_id)}</a>
      <span>${number > 0 && "also "}${wrong[number]}</span>
      <small>${tier.patients} patients, ${tier.proposals.join("–")} proposals, ${tier.steps} steps</small>
    </li>
  `;
  return html`<ol class="tiers">${tiers.map(row)}</ol>`;
}

function More({ settings }) {
  const [split, setSplit] = useState(SPLIT);
  const [seed, setSeed] = useState("");
  const start = (event) => {
    event.preventDefault();
    go("audit", Object.fromEntries(new FormData(event.target)));
  };
  const choose = ({ target }) => [setSplit(target.value), setSeed("")]; // a seed is of one split
  const write = ({ target }) => setSeed(target.value);
  const { first_seed: first, last_seed: last, seeds } = settings.splits[split] ?? {};
  const tasks = new Set([...settings.tasks.map((one) => one.task_id), ADAPTIVE]);
  const option = (name) => html`<option value=${name} selected=${name === split}>${tierOf(name)}</option>`;
  return html`
    <form class="more" onSubmit=${start}>
      <label>Task<select name="task">${[...tasks].map(option)}</select></label>
      <label>Split<select name="split" onChange=${choose}>${Object.keys(settings.splits).map(option)}</select></label>
      <label>
        Seed, ${seeds ? seeds.join(", ") : `${first} to ${last}`}; empty: any
        <input name="seed" type="number" min=${first} max=${last} value=${seed} onInput=${write} />
      </label>
      <button type="submit">Start</button>
    </form>
  `;
}

function Kept({ kept, forgotten }) {
  const row = ({ id, recipe, begun, actions }) => {
    const forget = () => [Audit.forget(id), forgotten()];
    const name = `${tierOf(recipe.task_id)}, seed ${recipe.seed}`;
    const time = new Date(begun).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
    const decisions = actions.filter(({ action }) => ["flag_error", "approve"].includes(action.action_type));
    const decided = new Set(decisions.map(({ action }) => action.proposal_id)).size;
    return html`
      <li>
        <a href=${routeTo("audit", { id })}>${name}</a>
        <small>${time}, ${decided} decided</small>
        <button type="button" class="plain" aria-label=${`Forget ${name}`} onClick=${forget}>Forget</button>
      </li>
    `;
  };
  return html`
    <section aria-labelledby="kept">
      <h2 id="kept">Continue your audit</h2>
      <ul class="kept">${kept.map(row)}</ul>
    </section>
  `;
}
