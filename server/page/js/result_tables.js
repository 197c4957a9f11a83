/** What evaluation, training and the certificate wrote, from JSON to rows. A reader throws an Error in a sentence. */

/** Names of the metrics, by their key in results.json. */
export const METRICS = { score: "Score", skill: "Skill", fault_f1: "Fault F1",
  catch_rate: "Catch rate at 5 % false alarms", false_positive_rate: "False positive rate" };
export const ALL = "overall"; // in place of a tier: the mean of the tiers
/** Agents that decide without evidence. */
const BLIND = ["no-op", "random", "approve-all", "flag-all", "flag-low-confidence", "text-only"];
/** Of a training log, the telling ones first. */
const FIGURES = ["audit/score", "audit/skill", "audit/fault_f1", "reward", "audit/return", "audit/decided", "audit/calls", "entropy"];

const byMetric = (of) => Object.fromEntries(Object.keys(METRICS).map((metric) => [metric, of(metric)]));
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const mean = (values) => values.reduce((sum, one) => sum + one, 0) / values.length;
/** [value, low, high], or null where nothing was counted. */
const triple = (value) => (Array.isArray(value) && value.length === 3 && value.every(Number.isFinite) ? value : null);
/** "outputs/train/cpu-tiny/dense-0" as "cpu-tiny/dense-0", "heuristic-12-calls" as "heuristic, 12 look-ups". */
const agentName = (agent) => agent.replace(/^outputs\/train\//, "").replace(/-(\d+)-calls$/, ", $1 look-ups");
export const episodesOf = ({ split, seeds, tiers }) =>
  `${split} split, ${tiers.map((tier) => `${seeds[tier]?.length} ${tier}`).join(", ")} episodes`;

export function readEvaluation(json) {
  const parts = [json?.figures, json?.seeds, json?.made];
  if (!parts.every(isObject)) throw new Error("an evaluation holds made, seeds by tier and figures by agent.");
  return { ...json, version: json.made.version, tiers: Object.keys(json.seeds) };
}

/** Whether what another run played are episodes of this one. */
const isSame = (main, other) =>
  main.split === other.split && other.tiers.every((tier) => String(main.seeds[tier]) === String(other.seeds[tier]));

/** A run with the blind policies: where it did not play them, as `main` has them of the same episodes. */
export function withBlind(run, main) {
  if (!main || !isSame(main, run) || BLIND.some((agent) => run.figures[agent])) return run;
  const figures = { ...run.figures };
  for (const agent of BLIND.filter((one) => main.figures[one])) {
    const of = main.figures[agent];
    // The ends are averaged too, which makes an interval of the mean that is too wide and never too narrow.
    const all = (metric) => [0, 1, 2].map((end) => mean(run.tiers.map((tier) => of[tier]?.[metric]?.[end])));
    figures[agent] = { ...of, [ALL]: byMetric(all) };
  }
  return { ...run, figures };
}

/** A row an agent, the best score first: {agent, name, mark, isBlind} and METRICS. */
export function leaderboard({ figures }, tier) {
  const rows = Object.entries(figures).map(([agent, of]) => {
    const isBlind = BLIND.includes(agent);
    const mark = isBlind ? "blind" : agent === "oracle" ? "told the labels" : "";
    return { agent, name: agentName(agent), mark, isBlind, ...byMetric((metric) => triple(of?.[tier]?.[metric])) };
  });
  const score = (row) => row.score?.[0] ?? -1;
  rows.sort((one, other) => score(other) - score(one));
  const best = rows.find((row) => row.isBlind);
  if (best) best.mark = "best blind policy";
  return rows;
}

/** The one picture: {title, tiers, lines}. A line is {name, kind, points}, a point {at, of}: tier and figure. */
export function headline(main, models) {
  const score = (run, agent) => (tier) => run.figures[agent]?.[tier]?.score;
  const blind = (tier) => leaderboard(main, tier).find((row) => row.isBlind)?.score;
  const auditors = leaderboard(main, ALL).filter((row) => !row.mark);
  const drawn = auditors.map(({ name, agent }, at) => [name, at ? "" : "best", score(main, agent)]);
  drawn.push(["best blind policy", "blind", blind]);
  if (models && isSame(main, models)) {
    const [best, ...others] = leaderboard(models, ALL).filter((row) => row.agent !== models.baseline);
    drawn.push([`small model, best of ${others.length + 1} runs`, "", score(models, best?.agent)]);
    drawn.push(["small model, untrained", "", score(models, models.baseline)]);
  }
  const points = (of) => main.tiers.map((tier, at) => ({ at, of: triple(of(tier)) })).filter((point) => point.of);
  const lines = drawn.map(([name, kind, of]) => ({ name, kind, points: points(of) }));
  const most = Math.max(...main.tiers.map((tier) => blind(tier)?.[0] ?? 0)).toFixed(2);
  const top = (auditors[0]?.score?.[0] ?? 0).toFixed(2);
  const title = `With the evidence, the best agent scores ${top}. Without it, the best policy scores at most ${most}.`;
  return { title, tiers: main.tiers, lines: lines.filter((line) => line.points.length) };
}

/** The claims with their measurements. `of` is the distance to the bar, in widths of the interval. */
export function readCertificate(json) {
  const claims = isObject(json?.claims) ? Object.values(json.claims) : [];
  const isWhole = claims.every((one) => Array.isArray(one?.measurements) && one.measurements.every(isObject));
  if (!claims.length || !isWhole) throw new Error("a certificate holds claims, each with its measurements.");
  return claims.map(({ claim, measurements }) => {
    const rows = measurements.map(measured);
    const barred = rows.filter((row) => row.bar);
    return { claim, rows, barred: barred.length, met: barred.filter((row) => row.passed).length };
  });
}

function measured(one) {
  const { value, low, high, bar } = one;
  const [figure, misses] = [[value, low, high], Boolean(bar) && !one.passed];
  const sign = bar?.relation === "at most" ? 1 : -1;
  const of = bar && high > low ? figure.map((end) => (sign * (bar.limit - end)) / (high - low)) : null;
  return { ...one, figure, of, tone: misses ? "wrong" : "", isNear: of ? Math.min(...of) <= 0 : misses };
}

/** Why files beside the first are not shown: as `evaluation.py compare` says it, of runs of two versions. */
export const ofOtherVersions = ([first, ...others]) =>
  others.filter(({ value }) => value.version !== first.value.version).map(({ path, value }) =>
    [path, `${first.path} was played with version ${first.value.version ?? "unknown"} and ${path} with
      ${value.version ?? "unknown"}: what a seed stands for may not be the same, so it is not shown.`]);

/** The figures that any of the steps has. */
export const figuresOf = (steps) => FIGURES.filter((name) => steps.some((step) => Number.isFinite(step[name])));

export function readLog(json) {
  const steps = Array.isArray(json) ? json.filter((one) => isObject(one) && Number.isFinite(one.step)) : [];
  if (!figuresOf(steps).length) throw new Error("a training log is a list of steps with figures, such as reward.");
  return { version: steps[0].version, steps: steps.sort((one, other) => one.step - other.step) };
}

/** Columns: the steps, then a figure of each log, being the mean of that entry and those before it, `span` in all. */
export function curves(logs, name, span) {
  const drawn = logs.map((log) => {
    const known = log.filter((one) => Number.isFinite(one[name]));
    const values = known.map((one) => one[name]);
    return new Map(known.map(({ step }, at) => [step, mean(values.slice(Math.max(0, at - span + 1), at + 1))]));
  });
  const steps = [...new Set(drawn.flatMap((one) => [...one.keys()]))].sort((one, other) => one - other);
  return [steps, ...drawn.map((one) => steps.map((step) => one.get(step)))];
}
