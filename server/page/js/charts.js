/** Charts of figures with their intervals, learning curves, and the table that goes with each. */

import { html, useEffect, useRef } from "../vendor/preact-htm.js";
import { asCsv } from "./exports.js";
import { Table, download } from "./ui.js";
import { figure } from "./words.js";

/** Pixels of a chart's height, and between two names. */
const [HIGH, NAME] = [300, 17];
const clamp = (share) => Math.min(1, Math.max(0, share));

/** "0.536 [0.522, 0.551]"; without the interval where there is none. */
export function withInterval(one) {
  const [value, low, high] = (one ?? [NaN, 0, 0]).map((number) => figure(number).replace("-", "−"));
  return low === high ? value : `${value} [${low}, ${high}]`;
}

/** Dots with their intervals on a scale, and a line at `mark`. A dot is {of, tone}, its figure and its colour. */
export function Dots({ dots, from, to, mark }) {
  const at = (one) => `${(clamp((one - from) / (to - from)) * 100).toFixed(2)}%`;
  const dot = ({ of, tone }) => of && html`<g class=${tone}>
    <line x1=${at(of[1])} x2=${at(of[2])} y1="50%" y2="50%" /><circle cx=${at(of[0])} cy="50%" r="3" />
  </g>`;
  const line = Number.isFinite(mark) && html`<line class="mark" x1=${at(mark)} x2=${at(mark)} y2="100%" />`;
  return html`<svg class="dots" aria-hidden="true">${line}${dots.map(dot)}</svg>`;
}

/** A line an agent over the tiers, named at its end. */
export function ScoreByTier({ tiers, lines }) {
  const x = (at) => `${(at / Math.max(1, tiers.length - 1)) * 100}%`;
  const y = (value) => (1 - clamp(value)) * HIGH;
  const stroke = (one, from, next, to, kind) =>
    html`<line class=${kind} x1=${x(one.at)} y1=${y(one.of[from])} x2=${x(next.at)} y2=${y(next.of[to])} />`;
  const tick = (value) => html`<line class="mark" x2="100%" y1=${y(value)} y2=${y(value)} />
    <text dx="-12" dy="4" y=${y(value)} text-anchor="end">${value.toFixed(2)}</text>`;
  const [last, names] = [(line) => line.points.at(-1), {}];
  const point = (one, place, points) => html`${place > 0 && stroke(points[place - 1], 0, one, 0)}
    ${stroke(one, 1, one, 2, "interval")}<circle cx=${x(one.at)} cy=${y(one.of[0])} r="3.5" />`;
  const draw = (line) => {
    const { at, of } = last(line);
    names[at] = Math.max(y(of[0]), (names[at] ?? -NAME) + NAME); // below the name above it, where both end in one tier
    return html`<g class=${line.kind}>${line.points.map(point)}
      <text x=${x(at)} dx="10" dy="4" y=${names[at]}>${line.name} ${of[0].toFixed(2)}</text></g>`;
  };
  const sorted = lines.toSorted((one, other) => last(other).of[0] - last(one).of[0]);
  return html`<svg class="scores" height=${HIGH + 24} aria-hidden="true">
    ${[0, 0.25, 0.5, 0.75, 1].map(tick)}
    ${tiers.map((tier, at) => html`<text x=${x(at)} y=${HIGH + 20} text-anchor="middle">${tier}</text>`)}
    ${sorted.map(draw).reverse()}
  </svg>`;
}

/** Runs over their steps. uPlot's legend shows the values under the pointer. `data` is the steps, then each run. */
export function Curves({ data, names }) {
  const place = useRef();
  useEffect(() => {
    const [scheme, ended] = [matchMedia("(prefers-color-scheme: dark)"), new AbortController()];
    let plot;
    const draw = async () => {
      const { default: Plot } = await import("../vendor/uplot.js");
      plot?.destroy();
      if (!ended.signal.aborted) plot = new Plot(options(place.current.clientWidth, names), data, place.current);
    };
    const watch = new ResizeObserver(draw); // which calls it at once, too
    watch.observe(place.current);
    scheme.addEventListener("change", draw, { signal: ended.signal });
    return () => (ended.abort(), watch.disconnect(), plot?.destroy());
  }, [data]);
  return html`<link rel="stylesheet" href="page/vendor/uplot.css" />
    <div ref=${place} class="curves" aria-hidden="true"></div>`;
}

/** Lines are of three inks, then dashed, then dotted. */
function options(width, names) {
  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
  const axis = { stroke: ink("--soft"), grid: { stroke: ink("--line"), width: 1 }, font: "13px system-ui" };
  const kind = (at) => [["solid", []], ["dashed", [7, 4]], ["dotted", [2, 3]]][Math.floor(at / 3) % 3];
  const drawn = { value: (_, one) => figure(one), width: 2, spanGaps: true, points: { show: false } };
  const inks = ["--accent", "--ink", "--soft"].map(ink);
  const series = names.map((label, at) => ({ label, stroke: inks[at % 3], dash: kind(at)[1], ...drawn }));
  const markers = { width: 2, fill: "transparent", dash: (_, at) => kind(at - 1)[0] };
  const rest = { scales: { x: { time: false } }, cursor: { drag: { x: false, y: false } }, legend: { markers } };
  return { width, height: HIGH, axes: [axis, axis], series: [{ label: "step" }, ...series], ...rest };
}

/** Columns of a DataTable: a text, a number, and a figure with its interval, which is three columns in the CSV file. */
export const text = (head, of, cell = of) => ({ head, of, cell });
export const number = (head, of, digits) => ({ ...text(head, of, (row) => figure(of(row), digits)), isNumber: true });
export const interval = (head, of, cell = (row) => withInterval(of(row))) => ({ head, of, cell, isInterval: true });

/** A table to read and to take away. */
export function DataTable({ title, file, columns, ...table }) {
  const heads = columns.flatMap(({ head, isInterval: is }) => (is ? [head, `${head} low`, `${head} high`] : head));
  const cells = (row) => columns.flatMap(({ of, isInterval }) => of(row) ?? (isInterval ? ["", "", ""] : ""));
  const take = () => download(`${file}.csv`, asCsv([heads, ...table.rows.map(cells)]), "text/csv");
  return html`<p class="soft small">${title}</p><${Table} label=${title} ...${{ columns, ...table }} />
    <button type="button" class="take" onClick=${take}>Save as CSV</button>`;
}
