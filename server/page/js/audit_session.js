/**
 * One audit: what has been learnt, what was decided, and the way back to it. The same seed and actions make the same
 * episode. So after a reload or a lost connection a new session is opened, the actions, which are in localStorage, are
 * sent again, and the audit stands where it stood.
 */

import { decides } from "./outcome.js";
import { loadJson } from "./ui.js";
import { Disconnected, connect } from "./wire.js";

const KEY = "synth-audit:";
const MOST_KEPT = 20;
/** Where `known` has what a tool brings, and what it goes by there. */
const LEARNT = {
  review_proposal: ["reviews", "proposal_id"],
  investigate_patient: ["patients", "patient_id"],
  temporal_audit: ["timelines", "patient_id"],
  request_shap: ["shaps", "patient_id"],
  cohort_analysis: ["cohorts", "feature"],
};
const UNWRITTEN = { error_type: "", reason: "", confidence: "", fault: "", where: "", should_be: "" };
const CHANGED = "The server has changed and does not make this episode any more, so the audit cannot go on.";
const RETRY_MS = [0, 500, 1500, 4000, 8000];

/** The browser may forbid localStorage, and a text in it may be broken. */
function attempt(get) {
  try {
    return get();
  } catch {
    return null;
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Audit {
  #connection = null;
  #left = new AbortController();
  #listeners = new Set();
  /** Proposal, patient or feature to what a look-up brought. */
  known = { reviews: {}, patients: {}, timelines: {}, shaps: {}, cohorts: {} };
  /** {action, observation, reward, at} of each step. */
  steps = [];
  opening = null;
  /** The action that waits for its answer; null while none does. */
  busy = null;
  /** Why the last action brought nothing; null after one that did. */
  problem = null;
  /** {auditors} or {problem} once the audit is over: others on the same trial. */
  others = null;
  isReconnecting = false;
  /** Whether this browser keeps the audit over a reload. */
  isKept = true;

  /** `kept` is what is in localStorage: {id, recipe, actions, drafts, turnedTo, report, name, over, ended}. */
  constructor(kept) {
    this.kept = kept;
    addEventListener("storage", (event) => this.#follow(event), { signal: this.#left.signal });
  }

  /** Begin an audit. `options` are those of reset. Rejects with the server's sentence or Disconnected. */
  static async begin(options) {
    const id = `${Date.now().toString(36)}${Math.floor(Math.random() * 1e9).toString(36)}`;
    const audit = new Audit({ id, recipe: options, actions: [], drafts: {}, turnedTo: "", report: "", name: "" });
    const state = await audit.#replay();
    const { task_id, split, seed, difficulty, error_types } = state;
    const made = error_types ? { level: difficulty, error_types } : {}; // of an adaptive episode
    audit.kept.recipe = { ...options, task_id, split, seed, ...made };
    audit.kept.begun = new Date().toISOString();
    for (const old of Audit.all().slice(MOST_KEPT)) Audit.forget(old.id);
    audit.save();
    return audit;
  }

  /** Take up a kept audit again. Rejects where the server does not make the same episode any more. */
  static async resume(id) {
    const kept = Audit.all().find((one) => one.id === id);
    if (!kept) throw new Error("This audit is not kept in this browser any more.");
    const audit = new Audit(kept);
    await audit.#restore();
    return audit;
  }

  /** Give the session back to the server: another audit is looked at. This one can be resumed. */
  leave() {
    this.#left.abort();
    if (!this.busy) this.#connection?.close();
  }

  /** What is kept of the audits of this browser, newest first. */
  static all() {
    const keys = (attempt(() => Object.keys(localStorage)) ?? []).filter((key) => key.startsWith(KEY));
    const found = keys.map((key) => attempt(() => JSON.parse(localStorage.getItem(key))));
    const isWhole = (kept) => kept?.recipe && Array.isArray(kept.actions);
    return found.filter(isWhole).sort((a, b) => (a.begun < b.begun ? 1 : -1));
  }

  static forget(id) {
    localStorage.removeItem(KEY + id);
  }

  get proposals() {
    return this.last.actor_proposals;
  }

  /** The newest observation. */
  get last() {
    return this.steps.at(-1)?.observation ?? this.opening;
  }

  get protocol() {
    return this.opening.protocol_excerpt;
  }

  get isOver() {
    return this.last.done || this.last.phase === "finished";
  }

  /** EpisodeOutcome; null before the end. A patient's record has an outcome too. */
  get outcome() {
    return (this.isOver && this.last.result?.outcome) || null;
  }

  /** The flag or approval that stands, by proposal. */
  get decisions() {
    const accepted = this.steps.filter(({ action, observation: { error } }) => decides(action) && !error);
    return Object.fromEntries(accepted.map(({ action }) => [action.proposal_id, action]));
  }

  /** Take one action. Never rejects: what went wrong is in `problem`. */
  async act(action) {
    if (this.busy || this.isOver) return false;
    Object.assign(this, { busy: action, problem: null });
    this.changed();
    try {
      const step = stepOf(action, await this.#answered(action), new Date().toISOString());
      this.steps.push(step);
      this.kept.actions.push({ action, feedback: step.observation.feedback, at: step.at });
      learn(this.known, step.observation.result);
      this.problem = step.observation.error;
    } catch (refused) {
      this.problem = refused.message;
    }
    this.busy = null;
    this.save();
    if (this.isOver) await this.#askOthers();
    else if (this.#left.signal.aborted) this.#connection.close();
    return this.problem === null;
  }

  /** What reference auditors reach on this trial, which the server tells while the session that finished it is open. */
  async #askOthers() {
    const asked = loadJson(`page/reference/${encodeURIComponent(this.episodeId)}`);
    this.others = await asked.catch(({ message }) => ({ problem: message }));
    this.#connection.close();
    this.save();
  }

  /** What a person has written of a proposal and not sent. */
  draft(proposalId) {
    return { ...UNWRITTEN, ...this.kept.drafts[proposalId] };
  }

  write(proposalId, changes) {
    this.kept.drafts[proposalId] = { ...this.draft(proposalId), ...changes };
    this.save();
  }

  /** Keep a field of `kept`, such as turnedTo, report or name. */
  keep(changes) {
    Object.assign(this.kept, changes);
    this.save();
  }

  save() {
    this.kept.over = this.steps.length > 0 && this.isOver;
    // Sent again, the actions of an audit that is over would end, and log, another episode.
    const { episodeId, opening, steps, others } = this;
    if (this.kept.over) this.kept.ended = { episodeId, opening, steps, others };
    try {
      localStorage.setItem(KEY + this.kept.id, JSON.stringify(this.kept));
      this.isKept = true;
    } catch {
      this.isKept = false; // the view says so: the browser forbids it, or its room is full
    }
    this.changed();
  }

  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed() {
    for (const listener of this.#listeners) listener();
  }

  /** Another tab has gone on with this audit: go there as well. */
  async #follow({ key, newValue }) {
    if (key !== KEY + this.kept.id || !newValue || this.busy) return;
    const before = JSON.stringify(this.kept.actions); // another step of this tab may be one of as many
    this.kept = JSON.parse(newValue);
    if (JSON.stringify(this.kept.actions) !== before) {
      this.busy = {};
      await this.#restore().catch(({ message }) => (this.problem = message));
      this.busy = null;
    }
    this.changed();
  }

  #answered(action) {
    const send = () => this.#connection.request("step", action);
    const again = (why) => (why instanceof Disconnected ? this.#restore().then(send) : Promise.reject(why));
    return send().catch(again);
  }

  /** Open a session and send it all that was done. An audit that is over needs none. */
  async #restore() {
    if (this.kept.ended) return this.#stand(this.kept.ended);
    this.isReconnecting = true;
    this.changed();
    let problem;
    for (const wait of RETRY_MS) {
      await pause(wait);
      problem = await this.#replay().then(() => null, (why) => why);
      if (!(problem instanceof Disconnected)) break;
    }
    this.isReconnecting = false;
    this.changed();
    if (problem) throw problem;
  }

  /** What stands is kept until the new session stands where it stood. */
  async #replay() {
    const connection = await connect();
    const stop = (why) => (connection.close(), Promise.reject(why)); // or its session would stay
    const ask = (...asked) => connection.request(...asked).catch(stop);
    const opened = await ask("reset", this.kept.recipe);
    const steps = [];
    for (const { action, feedback, at } of this.kept.actions) {
      const step = stepOf(action, await ask("step", action), at);
      if (step.observation.feedback !== feedback) await stop(new Error(CHANGED));
      steps.push(step);
    }
    const state = await ask("state");
    this.#connection?.close();
    this.#connection = connection;
    this.#stand({ episodeId: state.episode_id, opening: opened.observation, steps });
    return state;
  }

  #stand(where) {
    Object.assign(this, where);
    for (const { observation } of this.steps) learn(this.known, observation.result);
  }
}

const stepOf = (action, { observation, reward, done }, at) =>
  ({ action, observation: { ...observation, reward, done }, reward: reward ?? 0, at });

/** Put the result of a look-up where it belongs. */
function learn(known, result) {
  const [place, subject] = LEARNT[result?.tool] ?? [];
  if (place) known[place][result[subject]] = result;
}
