/**
 * Episode logs, a line of JSON per episode, as rollouts/episode_log.py writes them. Every text in one is a stranger's.
 *
 *     const log = await fileLog(file, "file:several.jsonl", file.name, (share) => {});
 *     const episode = await log.read(log.headings[0]);       // of a line only heading and place are kept
 */

import { loadJson } from "./ui.js";

const SLICE = 1024 * 1024;
/** Bytes. An episode of the hard tier has a quarter of a megabyte, one of nothing but the longest reasons has two. */
const LONGEST_LINE = 4 * 1024 * 1024;
const MOST_LINES = 10_000;
const [MOST_LISTED, LONGEST_NAME] = [500, 200];

/** What is read of a line, with the type of each field; one with a question mark may be missing or null. */
const all = (type, names) => Object.fromEntries(names.split(" ").map((name) => [name, type]));
const ACTION = {
  ...all("name", "action_type proposal_id? patient_id? feature? error_type?"),
  ...{ "reason?": "string", "report?": "string", "confidence?": "number" },
};
const TRUTH = { ...all("name", "proposal_id decision error_type?"), is_wrong: "boolean", explanation: "string" };
const END = { result: { outcome: { ...all("number", "score skill return_"), proposals: [TRUTH] } } };
const OBSERVATION = {
  ...all("string", "feedback error? protocol_excerpt?"),
  ...all("number", "steps_remaining reward?"),
  actor_proposals: [all("name", "proposal_id patient_id diagnosis")],
  "done?": "boolean",
};
const LINE = {
  ...all("name", "task split agent"),
  ...{ seed: "number", "gave_up?": "string", "usage?": all("number", "prompt_tokens completion_tokens") },
  ...{ actions: [ACTION], observations: [OBSERVATION] },
};

/** What is wanted of a stranger's value, and no more of it. Throws where it is of another type. */
function taken(value, wanted, where = "") {
  const refused = (what) => new Error(`${where ? `its ${where}` : "it"} is not ${what}`);
  if (typeof wanted === "string") {
    const [isName, type] = [wanted === "name", wanted.replace("name", "string")];
    const isRight = typeof value === type && (isName ? value.length <= LONGEST_NAME : Math.abs(value) !== Infinity);
    if (!isRight) throw refused(isName ? `a text of at most ${LONGEST_NAME} characters` : `a ${type}`);
    return value;
  }
  if (Array.isArray(wanted)) {
    if (!Array.isArray(value) || value.length > MOST_LISTED) throw refused(`a list of at most ${MOST_LISTED} entries`);
    return value.map((one, place) => taken(one, wanted[0], `${where}[${place}]`));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refused("a JSON object");
  const fields = Object.entries(wanted).map(([field, type]) => {
    const name = field.replace("?", "");
    const given = Object.hasOwn(value, name) ? value[name] : null;
    return [name, given === null && name !== field ? null : taken(given, type, where ? `${where}.${name}` : name)];
  });
  return Object.fromEntries(fields);
}

/** The episode of a line: what is wanted of it, with `opening`, `steps` and `outcome`; null for a blank line. */
function readEpisode(bytes) {
  let line;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!text.trim()) return null;
    line = JSON.parse(text);
  } catch (problem) {
    throw new Error(problem instanceof TypeError ? "it is not UTF-8 text" : "it is not JSON, or nested too deeply");
  }
  const { actions, observations, ...episode } = taken(line, LINE);
  const [opening, ...seen] = observations;
  if (!seen.length || seen.length !== actions.length) throw new Error("not every action has one observation");
  if (!seen.at(-1).done) throw new Error("its last step does not end it");
  const { outcome } = taken(line.observations.at(-1), END, "last observation").result;
  return { ...episode, opening, outcome, steps: actions.map((action, at) => ({ action, observation: seen[at] })) };
}

/** What the list shows of an episode, as the server's index of a kept log has it. */
function headingOf({ agent, task, split, seed, outcome, steps }) {
  // A proposal that is left undecided is never right.
  const mistakes = outcome.proposals.filter((one) => one.decision !== (one.is_wrong ? "flagged" : "approved")).length;
  return { agent, task, split, seed, score: outcome.score, return: outcome.return_, steps: steps.length, mistakes };
}

/** Where the lines of a file lie: {line, offset, bytes}. */
async function* placesIn(blob, onProgress) {
  let [line, offset] = [1, 0];
  for (let at = 0; at < blob.size; at += SLICE) {
    onProgress(at / blob.size);
    const bytes = new Uint8Array(await blob.slice(at, at + SLICE).arrayBuffer());
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, end + 1)) {
      yield { line, offset, bytes: at + end - offset };
      [line, offset] = [line + 1, at + end + 1];
    }
  }
  if (offset < blob.size) yield { line, offset, bytes: blob.size - offset };
}

/** Open a file. It is read a line at a time; `onProgress` is told the share that is read. */
export async function fileLog(blob, key, name, onProgress = () => {}) {
  const log = { key, name, headings: [], refused: [], more: 0, ending: blob.size ? "" : "The file is empty." };
  log.read = async ({ offset, bytes }) => {
    if (bytes <= LONGEST_LINE) return readEpisode(await blob.slice(offset, offset + bytes).arrayBuffer());
    throw new Error(`it has ${bytes} bytes, and ${LONGEST_LINE} is the limit of a line`);
  };
  for await (const place of placesIn(blob, onProgress)) {
    if (place.line > MOST_LINES) return { ...log, ending: `Only its first ${MOST_LINES} lines are read.` };
    try {
      const episode = await log.read(place);
      if (episode) log.headings.push({ ...place, ...headingOf(episode) });
    } catch ({ message }) {
      log.refused.push({ line: place.line, why: `This is no episode: ${message}.` });
    }
  }
  return log;
}

/** Open a log that the server keeps: its index now, and of its lines only those that are looked at. */
export async function keptLog(name) {
  const address = `page/logs/${encodeURIComponent(name)}`;
  const { episodes: headings, refused, more_refused: more = 0 } = await loadJson(`${address}/index`);
  const read = async ({ offset, bytes }) => {
    const headers = { Range: `bytes=${offset}-${offset + bytes - 1}` };
    const response = await fetch(address, { headers, cache: "no-store" }); // Chromium mixes up parts that it has cached
    if (response.status !== 206) throw new Error(`the server answered ${response.status} to a part of ${name}`);
    return readEpisode(await response.arrayBuffer());
  };
  return { key: name, name, headings, refused, more, ending: "", read };
}

/** Open the log of a trained and an untrained model that ships with the page. */
export async function shippedLog() {
  return fileLog(await (await fetch("page/data/pair.jsonl")).blob(), "pair", "Trained and untrained");
}
