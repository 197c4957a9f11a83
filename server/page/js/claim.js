/** A claim about what the Actor did: its words, beside what is true, and the places that it can name. Pure. */

import { readProtocol } from "./protocol_text.js";
import { words } from "./words.js";

/** What the Actor did at a place, by fault. */
const DID = {
  clause_ignored: (at) => `ignored ${at}`,
  clause_misapplied: (at) => `wrongly applied ${at}`,
  condition_misread: (at) => `misread the condition of ${at}`,
  limit_misread: (at) => `misread the number of ${at}`,
  boundary_misjudged: (at) => `misjudged a value exactly at the limit of ${at}`,
  record_misread: (at) => `read the record's ${at} for another value`,
  not_in_protocol: (at) => `cited ${at}, which the protocol does not have`,
  figure_misstated: (at) => `misstated the cohort's figure by ${at}`,
};

/** How the number of a fault is called where it is no limit: what the record has, of a condition either. */
const CALLED = { clause_ignored: "the record has", clause_misapplied: "the record has",
  record_misread: "the record has", condition_misread: "the number is" };
const numberTold = (fault, number) => `${Object.hasOwn(CALLED, fault) ? CALLED[fault] : "should be"} ${number}`;

/** "5.3" as "§5.3", "comorbidity_index" as "comorbidity index". */
const placeWords = (where) => (/^\d/.test(where) ? `§${where}` : words(where));
const did = (fault, at) => (Object.hasOwn(DID, fault) ? DID[fault](at) : `${words(fault)}, ${at}`);

/** "misread the number of §5.3, should be 16", of an action with a claim. */
export const claimTold = ({ fault, where, should_be: number }) =>
  `${did(fault, placeWords(where))}${number ? `, ${numberTold(fault, number)}` : ""}`;

/** Whether a claim counts as right: fault, place, and the number where the fault has one. */
export const isHit = (truth) => Boolean(truth.claim_right) && truth.number_right !== false;

function markOf({ claim_right: isRight, number_right: isNumberRight }, { should_be: number }) {
  if (!isRight) return "✗ Wrong.";
  if (isNumberRight === false) return `✓ Right, ✗ ${number ? "but not the number" : "without the number"}.`;
  return "✓ Right.";
}

/** "ignored §4.2, §4.4 (the record has 7); misread the number of §4.1 (should be 30)": every claim that is true. */
function truthTold(faults) {
  const places = new Map();
  for (const { fault, where, should_be: number } of faults) {
    const key = JSON.stringify([fault, number ?? ""]);
    places.set(key, [...(places.get(key) ?? []), placeWords(where)]);
  }
  const told = ([fault, number], at) => `${did(fault, at.join(", "))}${number && ` (${numberTold(fault, number)})`}`;
  return [...places].map(([key, at]) => told(JSON.parse(key), at)).join("; ");
}

/** What was claimed and what is true, a sentence each. `truth` is a ProposalOutcome, before the end nothing. */
export function claimLines(action, truth) {
  const lines = [];
  if (action?.fault) lines.push(`Claimed: ${claimTold(action)}.${truth?.faults ? ` ${markOf(truth, action)}` : ""}`);
  if (truth?.faults?.length) lines.push(`True: ${truthTold(truth.faults)}.`);
  else if (truth?.faults && action?.fault) lines.push("True: the argument is sound.");
  return lines;
}

/** How many arguments have a fault, how many of these were claimed rightly, and how many claims are false. */
export function faultCounts(rows) {
  const [hits, claims] = [rows.filter(isHit).length, rows.filter(({ action }) => action?.fault).length];
  return { faulty: rows.filter(({ faults }) => faults?.length).length, hits, wrong: claims - hits };
}

/** What `where` may name, the clauses that a note cites first. Without a fault everything is proposed. */
export function placesOf(protocol, citations, fault, { quantities, shap_fields: fields, cohort_features: features }) {
  const clauses = readProtocol(protocol).clauses.filter(({ key, isHeading }) => key && !isHeading);
  const ofRecord = [...quantities, ...fields.map(words)];
  const found = fault === "record_misread" ? ofRecord : fault === "figure_misstated" ? features.map(words)
    : [...citations, ...clauses.map(({ key }) => key), ...(fault ? [] : ofRecord)];
  return [...new Set(found)];
}
