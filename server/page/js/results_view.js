/** Results: what evaluation, training and the certificate wrote. A section asks for its files when it is opened. */

import { html, useEffect, useMemo, useState } from "../vendor/preact-htm.js";
import * as charts from "./charts.js";
import * as tables from "./result_tables.js";
import { adjust } from "./routes.js";
import { loadJson, useJson } from "./ui.js";

const { Dots, interval, number, Table, text } = charts;
const SECTIONS = { leaderboard: Evaluations, curves: Learning, certificate: Certificate };
const NAMES = { leaderboard: "Leaderboard", curves: "Learning curves", certificate: "Certificate" };
const SPAN = 4; // entries of a log that a point of a curve is the mean of
const ROOM = { from: -1, to: 6, mark: 0 }; // of distances to a bar, in widths of an interval

export function ResultsView({ query }) {
  const { value: files, problem } = useJson("page/results");
  const section = Object.hasOwn(SECTIONS, query.section) ? query.section : "leaderboard";
  const link = ([name, label]) =>
    html`<a href=${`#/results?section=${name}`} aria-current=${name === section ? "page" : null}>${label}</a>`;
  return html`<nav class="sections" aria-label="Sections of the results">${Object.entries(NAMES).map(link)}</nav>
    ${problem && html`<h1>Results</h1><p class="problem" role="alert">${problem}</p>`}
    ${files && html`<${SECTIONS[section]} key=${section} ...${{ files, query }} />`}`;
}

/** What `read` makes of each file: {values by path, note}. The note says what is missing, broken or still to come. */
function useFiles(paths, read, missing) {
  const [found, setFound] = useState({});
  useEffect(() => {
    let isWanted = true;
    for (const path of paths.filter((one) => !found[one])) {
      const address = `page/results/${path.split("/").map(encodeURIComponent).join("/")}`;
      loadJson(address).then((json) => ({ value: read(json) }))
        .catch((problem) => ({ problem: `${path} cannot be shown: ${problem.message}` }))
        .then((one) => isWanted && setFound((known) => ({ ...known, [path]: one })));
    }
    return () => (isWanted = false);
  }, [paths.join("\n")]);
  const problems = paths.length ? paths.flatMap((path) => found[path]?.problem ?? []) : [missing];
  const note = html`${problems.map((one) => html`<p class="problem" role="alert">${one}</p>`)}
    ${paths.some((path) => !found[path]) && html`<p class="soft" role="status">Loading…</p>`}`;
  const values = paths.filter((path) => found[path]?.value).map((path) => [path, found[path].value]);
  return { values: Object.fromEntries(values), note };
}

/** The paths of a kind, the largest file first: it has the most episodes. */
const pathsOf = (files, kind) =>
  files.filter((file) => file.kind === kind).sort((one, other) => other.bytes - one.bytes).map(({ path }) => path);

const Choice = ({ label, value, among, onChoice }) =>
  html`<label>${label}<select value=${value} onChange=${(event) => onChoice(event.target.value)}>
    ${among.map(([one, name = one]) => html`<option value=${one}>${name}</option>`)}
  </select></label>`;

/** A table of the chosen evaluation; of all of them, with the headline, or of those of training. */
function Evaluations({ files, query, isOfTraining = false }) {
  const all = pathsOf(files, "evaluation");
  const trained = all.filter((one) => one.startsWith("train/"));
  const [main] = all.filter((one) => !trained.includes(one));
  const paths = isOfTraining ? trained : all;
  const [path, setPath] = useState((isOfTraining ? null : main) ?? paths[0]);
  const [asked, setTier] = useState(query.tier);
  const wanted = [...new Set([main, trained[0], path])].filter(Boolean);
  const { values, note } = useFiles(wanted, tables.readEvaluation, "There is none: `python evaluation.py` makes one.");
  const run = values[path] && tables.withBlind(values[path], values[main]);
  const tier = run?.tiers.includes(asked) ? asked : tables.ALL;
  const tiers = [[tables.ALL, "all: the mean of the tiers"], ...(run?.tiers ?? []).map((one) => [one])];
  const folder = (one) => [one, one.replace(/\/[^/]*$/, "")];
  const choose = (next) => (adjust({ tier: next }), setTier(next));
  return html`${isOfTraining || html`<${Headline} main=${values[main]} models=${values[trained[0]]} />`}
    <h2>${isOfTraining ? "Before and after" : "Every agent"}</h2>${note}
    <div class="choices">
      <${Choice} label="Evaluation" value=${path} among=${paths.map(folder)} onChoice=${setPath} />
      <${Choice} label="Tier" value=${tier} among=${tiers} onChoice=${choose} />
    </div>
    ${run && html`<${Table} ...${agentsOf(run, tier)} />`}`;
}

function Headline({ main, models }) {
  if (!main) return html`<h1>Results</h1>`;
  const { title, other, ...drawn } = tables.headline(main, models);
  const caution = other && `The small models were evaluated on another version (commit ${other}).`;
  return html`<h1>${title}</h1>
    <p class="soft">Mean score (F1.5) by tier, ${tables.episodesOf(main)}, with 95 % intervals. ${caution}</p>
    <${charts.ScoreByTier} ...${drawn} />`;
}

function agentsOf(run, tier) {
  const rows = tables.leaderboard(run, tier);
  const best = rows.find((row) => row.isBlind);
  const metric = ([name, head, from, to]) => {
    const dot = (row) => ({ of: row[name], tone: row.isBlind ? "soft" : "" });
    const dots = (row) => html`<${Dots} dots=${[dot(row)]} ...${{ from, to, mark: best?.[name]?.[0] }} />`;
    return interval(head, (row) => row[name], (row) => [dots(row), charts.withInterval(row[name])]);
  };
  const columns = [
    text("Agent", (row) => row.name, (row) => html`${row.name} <small class="soft">${row.mark}</small>`),
    ...tables.METRICS.map(metric),
  ];
  const line = best ? "Line: the best blind policy." : "No blind policy was played on these episodes.";
  const title = `${tables.episodesOf(run)}. 95 % intervals. ${line}`;
  return { title, columns, rows, file: `leaderboard-${run.split}-${tier}`, rowClass: (row) => row === best && "lit" };
}

function Learning({ files, query }) {
  const [asked, setName] = useState("");
  const missing = "There is no training log: `python training/train_grpo.py` makes one.";
  const { values, note } = useFiles(pathsOf(files, "training").sort(), tables.readLog, missing);
  const logs = Object.values(values);
  const among = tables.figuresOf(logs.flat());
  const name = among.includes(asked) ? asked : among[0];
  const names = Object.keys(values).map((path) => path.replace(/^train\//, "").replace(/\/[^/]*$/, ""));
  const data = useMemo(() => tables.curves(logs, name, SPAN), [names.join("\n"), name]);
  const columns = ["step", ...names].map((head, at) => number(head, (row) => data[at][row], at ? 3 : 0));
  const title = `${name} by step. Each point is the mean of ${SPAN} entries of the log.`;
  return html`<h1>Learning curves</h1>
    <div class="choices">
      <${Choice} label="Figure" value=${name} among=${among.map((one) => [one])} onChoice=${setName} />
    </div>${note}
    ${name && html`<p class="soft small">${title}</p><${charts.Curves} ...${{ data, names }} />
      <details><summary>The curves as a table</summary>
        <${Table} ...${{ title, columns }} file="learning-curves" rows=${[...data[0].keys()]} />
      </details>`}
    <${Evaluations} ...${{ files, query }} isOfTraining />`;
}

function Certificate({ files }) {
  const [shown, setShown] = useState("near");
  const missing = "There is no certificate: `python -m synth_audit_env.validation.certify` makes one.";
  const { values, note } = useFiles(pathsOf(files, "certificate").slice(0, 1), tables.readCertificate, missing);
  const [claims] = Object.values(values);
  if (!claims) return html`<h1>Certificate</h1>${note}`;
  const sum = (field) => claims.reduce((total, claim) => total + claim[field], 0);
  const near = claims.flatMap((claim) => claim.rows.filter((row) => row.isNear));
  const among = [["near", `only those near their bar (${near.length})`], ...claims.map(({ claim }) => [claim])];
  const { claim, rows } = claims.find((one) => one.claim === shown) ?? { claim: "Near their bar", rows: near };
  const columns = [
    text("Claim", (row) => row.claim),
    text("Measurements", (row) => row.rows.length, (row) => html`<${Dots} dots=${row.rows} ...${ROOM} />`),
    text("Bars met", (row) => `${row.met} of ${row.barred}`),
  ];
  const title = `Dots are measurements, by their distance to the bar in widths of the 95 % interval. Left of the line
    they miss; near is where the interval reaches the line. Counts have no dot.`;
  return html`<h1>${sum("met")} of ${sum("barred")} bars hold</h1>
    <div class="claims"><${Table} ...${{ title, columns }} file="certificate" rows=${claims} /></div>
    <h2>Measurements</h2>
    <div class="choices"><${Choice} label="Show" value=${shown} among=${among} onChoice=${setShown} /></div>
    <div class="measured"><${Table} title=${claim} file="measurements" rows=${rows} columns=${MEASURED} /></div>`;
}

const MEASURED = [
  text("What", (row) => row.what),
  text("Tier", (row) => row.tier),
  interval("Value", (row) => row.figure),
  text("Bar", ({ bar }) => (bar ? `${bar.relation} ${bar.limit}` : "")),
  text("Distance", ({ of }) => of?.[0], (row) => row.of && html`<${Dots} dots=${[row]} ...${ROOM} />`),
  text("Holds", ({ bar, passed }) => (bar ? (passed ? "yes" : "no") : "")),
  text("Note", (row) => row.note),
];
