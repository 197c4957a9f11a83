/** An episode as frames to go through, and two of the same episode in rows: rowsOf(framesOf(one), framesOf(other)). */

import { claimLines } from "./claim.js";
import { decides, isMistake, verdictOf } from "./outcome.js";

/** What an action is about: "PROP-001", "P0023", "stage", or nothing. */
export const subjectOf = (action) => action.proposal_id ?? action.patient_id ?? action.feature ?? "";

/**
 * The steps of an episode: {number, action, saw, brought, error, paid, running, left, verdict, why, claim}. `running`
 * is the return so far, `left` counts steps, `claim` is sentences. The last frame is the end: {number, outcome}, the
 * truths with mistakes first.
 */
export function framesOf({ opening, steps, outcome }) {
  const truths = outcome.proposals.map((truth) => {
    const at = steps.findLastIndex(({ action, observation: { error } }) =>
      decides(action) && action.proposal_id === truth.proposal_id && !error);
    const action = steps[at]?.action;
    return { ...truth, step: at + 1, verdict: verdictOf(truth, action), claim: claimLines(action, truth) };
  });
  let running = 0;
  const frames = steps.map(({ action, observation }, place) => {
    const { feedback: brought, error, steps_remaining: left } = observation;
    const paid = observation.reward ?? 0;
    running += Math.round(1000 * paid); // rewards are whole thousandths
    const truth = truths.find(({ step }) => step === place + 1);
    const { verdict, explanation: why } = truth ?? {};
    const saw = (steps[place - 1]?.observation ?? opening).feedback;
    return { number: place + 1, action, saw, brought, error, paid, running: running / 1000, left, verdict, why,
      claim: claimLines(action, truth) };
  });
  truths.sort((one, other) => isMistake(other.verdict) - isMistake(one.verdict));
  return [...frames, { number: steps.length + 1, outcome: truths }];
}

/** What makes an episode the same as another: protocol and proposals. */
export const worldOf = ({ opening }) => JSON.stringify([opening.protocol_excerpt, opening.actor_proposals]);

/** What makes two steps go together: a decision goes with the other decision on the same proposal. */
function about({ action, outcome }) {
  if (outcome) return "outcome";
  const { action_type: tool, proposal_id: proposal, patient_id: patient, feature } = action;
  return JSON.stringify(decides(action) ? ["decision", proposal] : [tool, proposal, patient, feature]);
}

/** Frames in rows [left, right]: those about the same thing share one, by a longest common subsequence of both. */
export function rowsOf(left, right = []) {
  const [ours, theirs] = [left.map(about), right.map(about)];
  /** [i][j]: how many can share a row of those from i on one side and from j on the other. */
  const shared = Array.from({ length: left.length + 1 }, () => new Array(right.length + 1).fill(0));
  for (let i = left.length - 1; i >= 0; i -= 1) {
    for (let j = right.length - 1; j >= 0; j -= 1) {
      shared[i][j] = ours[i] === theirs[j] ? shared[i + 1][j + 1] + 1 : Math.max(shared[i + 1][j], shared[i][j + 1]);
    }
  }
  const rows = [];
  for (let [i, j] = [0, 0]; i < left.length || j < right.length; ) {
    const isBoth = i < left.length && ours[i] === theirs[j];
    const isOurs = isBoth || j === right.length || (i < left.length && shared[i + 1][j] >= shared[i][j + 1]);
    rows.push([isOurs ? left[i++] : null, isBoth || !isOurs ? right[j++] : null]);
  }
  return rows;
}
