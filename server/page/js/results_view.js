/** Results: what evaluation, training and the certificate wrote. A section asks for its files when it is opened. */

import { html, useMemo, useState } from "../vendor/preact-htm.js";
import { Curves, DataTable, Dots, ScoreByTier, interval, number, text, withInterval } from "./charts.js";
import * as tables from "./result_tables.js";
import { adjust, routeTo } from "./routes.js";
import { Choice, useJson, useJsons } from "./ui.js";

const SECTIONS = { leaderboard: Evaluations, curves: Learning, certificate: Certificate };
const NAMES = { leaderboard: "Leaderboard", curves: "Learning curves", certificate: "Certificate" };
const SPAN = 4; // entries of a log that a point of a curve is the mean of
const ROOM = { from: -1, to: 6, mark: 0 }; // of distances to a bar, in widths of an interval

export function ResultsView({ query }) {
  const { value: files, problem } = useJson("page/results");
  const section = Object.hasOwn(SECTIONS, query.section) ? query.section : "leaderboard";
  const link = ([name, label]) => html`<a href=${routeTo("results", { section: name })}
    aria-current=${name === section ? "page" : null}>${label}</a>`;
  return html`<nav class="sections" aria-label="Sections of the results">${Object.entries(NAMES).map(link)}</nav>
    ${problem && html`<h1>Results</h1><p class="problem" role="alert">${problem}</p>`}
    ${files && html`<${SECTIONS[section]} key=${section} ...${{ files, query }} />`}`;
}

/** What `read` makes of each file: {values by path, note}. The note says what is missing, broken, of another version than
 *  the first, or still to come. */
function useFiles(paths, read, missing) {
  const addressOf = (path) => `page/results/${path.split("/").map(encodeURIComponent).join("/")}`;
  const found = useJsons(paths.map(addressOf), read);
  const files = paths.map((path) => ({ path, ...found[addressOf(path)] }));
  const broken = files.filter((one) => one.problem).map(({ path, problem }) => `${path} cannot be shown: ${problem}`);
  const known = files.filter(({ value }) => value);
  const others = Object.fromEntries(tables.ofOtherVersions(known));
  const told = paths.length ? [...broken, ...Object.values(others)] : [missing];
  const note = html`${told.map((one) => html`<p class="problem" role="alert">${one}</p>`)}
    ${files.some(({ value, problem }) => !value && !problem) && html`<p class="soft" role="status">Loading…</p>`}`;
  const values = known.filter(({ path }) => !Object.hasOwn(others, path)).map(({ path, value }) => [path, value]);
  return { values: Object.fromEntries(values), note };
}

/** The paths of a kind, the largest file first: it has the most episodes. */
const pathsOf = (files, kind) =>
  files.filter((file) => file.kind === kind).sort((one, other) => other.bytes - one.bytes).map(({ path }) => path);
const folderOf = (path) => path.replace(/\/[^/]*$/, "");

/** The headline, and a table of the chosen evaluation. */
function Evaluations({ files, query }) {
  const all = pathsOf(files, "evaluation");
  const trained = all.filter((one) => one.startsWith("train/"));
  const main = all.find((one) => !trained.includes(one));
  const [path, setPath] = useState(main ?? trained[0]);
  const [asked, setTier] = useState(query.tier);
  const wanted = [...new Set([main, trained[0], path])].filter(Boolean);
  const { values, note } = useFiles(wanted, tables.readEvaluation, "There is none: `python evaluation.py` makes one.");
  const run = values[path] && tables.withBlind(values[path], values[main]);
  const tier = run?.tiers.includes(asked) ? asked : tables.ALL;
  const tiers = [[tables.ALL, "all: the mean of the tiers"], ...(run?.tiers ?? []).map((one) => [one, one])];
  const paths = all.map((one) => [one, folderOf(one)]);
  const choose = (next) => (adjust({ tier: next }), setTier(next));
  return html`<${Headline} main=${values[main]} models=${values[trained[0]]} /><h2>Every agent</h2>${note}
    <div class="choices">
      <${Choice} label="Evaluation" value=${path} options=${paths} onChoice=${setPath} />
      <${Choice} label="Tier" value=${tier} options=${tiers} onChoice=${choose} />
    </div>
    ${run && html`<${DataTable} ...${agentsOf(run, tier)} />`}`;
}

function Headline({ main, models }) {
  if (!main) return html`<h1>Results</h1>`;
  const { title, ...drawn } = tables.headline(main, models);
  return html`<h1>${title}</h1>
    <p class="soft">Mean score (F1.5) by tier, ${tables.episodesOf(main)}, with 95 % intervals.</p>
    <${ScoreByTier} ...${drawn} />`;
}

function agentsOf(run, tier) {
  const rows = tables.leaderboard(run, tier);
  const best = rows.find((row) => row.isBlind);
  const metric = ([name, head]) => interval(head, (row) => row[name], (row) => {
    const dots = [{ of: row[name], tone: row.isBlind ? "soft" : "" }];
    const scale = { from: name === "skill" ? -1 : 0, to: 1, mark: best?.[name]?.[0] };
    return [html`<${Dots} dots=${dots} ...${scale} />`, withInterval(row[name])];
  });
  const agent = text("Agent", (row) => row.name, ({ name, mark }) => html`${name} <small class="soft">${mark}</small>`);
  const line = best ? "Line: the best blind policy." : "No blind policy was played on these episodes.";
  const title = `${tables.episodesOf(run)}. 95 % intervals. ${line}`;
  const metrics = Object.entries(tables.METRICS).filter(([name]) => rows.some((row) => row[name]));
  const [columns, file] = [[agent, ...metrics.map(metric)], `leaderboard-${run.split}-${tier}`];
  return { title, columns, rows, file, rowClass: (row) => row === best && "lit" };
}

function Learning({ files }) {
  const [asked, setName] = useState("");
  const missing = "There is no training log: `python training/train_grpo.py` makes one.";
  const { values, note } = useFiles(pathsOf(files, "training").sort(), tables.readLog, missing);
  const logs = Object.values(values).map(({ steps }) => steps);
  const figures = tables.figuresOf(logs.flat());
  const name = figures.includes(asked) ? asked : figures[0];
  const names = Object.keys(values).map((path) => folderOf(path.replace(/^train\//, "")));
  const data = useMemo(() => tables.curves(logs, name, SPAN), [names.join("\n"), name]);
  const columns = ["step", ...names].map((head, at) => number(head, (row) => data[at][row], at ? 3 : 0));
  const title = `${name} by step. Each point is the mean of ${SPAN} entries of the log.`;
  return html`<h1>Learning curves</h1>
    <div class="choices"><${Choice} label="Figure" value=${name} options=${figures} onChoice=${setName} /></div>${note}
    ${name && html`<p class="soft small">${title}</p><${Curves} ...${{ data, names }} />
      <details><summary>The curves as a table</summary>
        <${DataTable} ...${{ title, columns }} file="learning-curves" rows=${[...data[0].keys()]} />
      </details>`}`;
}

function Certificate({ files }) {
  const [shown, setShown] = useState("near");
  const missing = "There is no certificate: `python -m synth_audit_env.validation.certify` makes one.";
  const { values, note } = useFiles(pathsOf(files, "certificate").slice(0, 1), tables.readCertificate, missing);
  const [claims] = Object.values(values);
  if (!claims) return html`<h1>Certificate</h1>${note}`;
  const sum = (field) => claims.reduce((total, claim) => total + claim[field], 0);
  const near = claims.flatMap((claim) => claim.rows.filter((row) => row.isNear));
  const among = [["near", `only those near their bar (${near.length})`], ...claims.map(({ claim }) => [claim, claim])];
  const { claim, rows } = claims.find((one) => one.claim === shown) ?? { claim: "Near their bar", rows: near };
  const title = `Dots are measurements, by their distance to the bar in widths of the 95 % interval. Left of the line
    they miss; near is where the interval reaches the line. Counts have no dot. A bar is the limit to keep.`;
  return html`<h1>${sum("met")} of ${sum("barred")} bars hold</h1>
    <div class="claims"><${DataTable} title=${title} file="certificate" rows=${claims} columns=${CLAIMED} /></div>
    <h2>Measurements</h2>
    <div class="choices"><${Choice} label="Show" value=${shown} options=${among} onChoice=${setShown} /></div>
    <div class="measured"><${DataTable} title=${claim} file="measurements" rows=${rows} columns=${MEASURED} /></div>`;
}

const CLAIMED = [
  text("Claim", (row) => row.claim),
  text("Measurements", (row) => row.rows.length, (row) => html`<${Dots} dots=${row.rows} ...${ROOM} />`),
  text("Bars met", (row) => `${row.met} of ${row.barred}`),
];
const MEASURED = [
  text("What", (row) => row.what),
  text("Tier", (row) => row.tier),
  interval("Value", (row) => row.figure),
  text("Bar", ({ bar }) => (bar ? `${bar.relation} ${bar.limit}` : "")),
  text("Distance", ({ of }) => of?.[0], (row) => row.of && html`<${Dots} dots=${[row]} ...${ROOM} />`),
  text("Holds", ({ bar, passed }) => (bar ? (passed ? "yes" : "no") : "")),
  text("Note", (row) => row.note),
];
