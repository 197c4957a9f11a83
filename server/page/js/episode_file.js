/**
 * Episode logs, a line of JSON per episode, as rollouts/episode_log.py writes them. Every text in one is a stranger's.
 *
 *     const log = await fileLog(file, "file:several.jsonl", file.name, (share) => {});
 *     const episode = await log.read(log.headings[0]);       // of a line only heading and place are kept
 */

import { load } from "./ui.js";

const SLICE = 1024 * 1024;
/** Bytes. An episode of the frontier has up to one and a half megabytes, one of the longest reasons alone three. */
const LONGEST_LINE = 4 * 1024 * 1024;
const [MOST_LINES, MOST_LISTED, LONGEST_NAME] = [10_000, 500, 200];

/** What a stranger's value can be wanted to be, and whether it is. */
const isText = (one) => typeof one === "string";
const KINDS = {
  name: [`a text of at most ${LONGEST_NAME} characters`, (one) => isText(one) && one.length <= LONGEST_NAME],
  string: ["a string", isText],
  number: ["a number", Number.isFinite],
  boolean: ["a boolean", (one) => typeof one === "boolean"],
  list: [`a list of at most ${MOST_LISTED} entries`, (one) => Array.isArray(one) && one.length <= MOST_LISTED],
  object: ["a JSON object", (one) => typeof one === "object" && one !== null && !Array.isArray(one)],
};

/** What is read of a line: the kind of each field. One with a question mark may be missing or null. */
const fields = (kinds) =>
  Object.fromEntries(Object.entries(kinds).flatMap(([kind, names]) => names.split(" ").map((name) => [name, kind])));
const NAMES = "action_type proposal_id? patient_id? feature? error_type? fault? where? should_be?";
const ACTION = fields({ name: NAMES, string: "reason? report?", number: "confidence?" });
const TRUTH = {
  ...fields({ name: "proposal_id decision error_type?", boolean: "is_wrong claim_right? number_right?" }),
  ...{ explanation: "string", faults: [fields({ name: "fault where should_be?" })] },
};
const END = { result: { outcome: { ...fields({ number: "score skill fault_f1? return_" }), proposals: [TRUTH] } } };
const OBSERVATION = {
  ...fields({ string: "feedback error? protocol_excerpt?", number: "steps_remaining reward?", boolean: "done?" }),
  actor_proposals: [fields({ name: "proposal_id patient_id diagnosis" })],
};
const LINE = {
  ...fields({ name: "task split agent", number: "seed", string: "gave_up?" }),
  "usage?": fields({ number: "prompt_tokens completion_tokens" }),
  ...{ actions: [ACTION], observations: [OBSERVATION] },
};

/** What is wanted of a stranger's value, and no more of it. Throws where it is of another kind. */
function taken(value, wanted, where = "") {
  const kind = typeof wanted === "string" ? wanted : Array.isArray(wanted) ? "list" : "object";
  const [what, isRight] = KINDS[kind];
  if (!isRight(value)) throw new Error(`${where ? `its ${where}` : "it"} is not ${what}`);
  if (kind === "list") return value.map((one, place) => taken(one, wanted[0], `${where}[${place}]`));
  if (kind !== "object") return value;
  return Object.fromEntries(Object.entries(wanted).map(([field, inner]) => {
    const name = field.replace("?", "");
    const given = Object.hasOwn(value, name) ? value[name] : null;
    return [name, given === null && name !== field ? null : taken(given, inner, where ? `${where}.${name}` : name)];
  }));
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

/** What the list shows of an episode. */
function headingOf({ agent, task, split, seed, outcome, steps }) {
  // A proposal that is left undecided is never right.
  const mistakes = outcome.proposals.filter((one) => one.decision !== (one.is_wrong ? "flagged" : "approved")).length;
  const { score, fault_f1, return_ } = outcome;
  return { agent, task, split, seed, score, fault_f1, return: return_, steps: steps.length, mistakes };
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
  const log = { key, name, headings: [], refused: [], ending: blob.size ? "" : "The file is empty." };
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

/** Open a log that the server keeps, as a file. */
export async function keptLog(name, onProgress) {
  const answer = await load(`page/logs/${encodeURIComponent(name)}`);
  return fileLog(await answer.blob(), name, name, onProgress);
}
