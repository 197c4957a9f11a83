/** The workbench: one audit on one screen, by mouse, by keys or on a phone. */

import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { Audit } from "./audit_session.js";
import { DecisionBar } from "./decision_bar.js";
import { EndingView } from "./ending_view.js";
import { ExportButtons } from "./exports.js";
import { useKeys } from "./keys.js";
import { LOOK_UPS, LookUp, wasMade } from "./look_ups.js";
import { Cohort, Note, Protocol, Record, Shapley, Timeline } from "./panes.js";
import { ReportDialog } from "./report_dialog.js";
import { go, readRoute, replace } from "./routes.js";
import { Choice, Key, useChanges } from "./ui.js";
import { figure, subjectOf, taskOf, tierOf, words } from "./words.js";

/** The audit of this tab, which outlives a look at another view. */
let current = null;

const PANES = ["note", "record", "protocol", "decide"];
const isOfPatient = ({ patient_id }) => patient_id !== "COHORT";

/** The audit of this tab, if it is the one that an address names. */
const ofThisTab = ({ id, task }) => (current && (id ? id === current.kept.id : !task) ? current : null);

/** The audit that an address names: one that this browser keeps, or a new one. */
async function find({ id, task, split, seed, level, types }, settings) {
  if (seed && !Number.isSafeInteger(Number(seed))) throw new Error(`The seed must be a whole number, not ${seed}.`);
  if (id && (!task || Audit.all().some((kept) => kept.id === id))) return Audit.resume(id);
  // Paid at once, a decision would tell whether it was right. Where the server settles otherwise, reset may not say.
  const settlement = settings.settlement ? undefined : "terminal";
  const made = { level: Number(level) || level, error_types: types?.split(",") }; // of the frontier it is a number
  return Audit.begin({ settlement, task_id: task, split, seed: seed && Number(seed), ...made });
}

/** The parameters that lead back to an audit, or elsewhere to the same trial. An adaptive one's would tell too much. */
const placeOf = ({ id, recipe: { task_id, split, seed, level, error_types } }) =>
  error_types ? { id } : { task: task_id, split, seed, level, id };

export function AuditView({ query, settings }) {
  const [audit, setAudit] = useState(ofThisTab(query));
  const [problem, setProblem] = useState("");
  const wanted = ["id", "task", "split", "seed", "level"].map((name) => query[name] ?? "").join(" ");
  useEffect(() => {
    let isWanted = true;
    const show = (found) => {
      if (!isWanted) return found.leave();
      if (current !== found) current?.leave();
      current = found;
      setAudit(found);
      replace("audit", { ...placeOf(found.kept), p: query.p });
    };
    setProblem("");
    const here = ofThisTab(query);
    if (here) show(here);
    else if (!query.id && !query.task) go("start");
    else {
      setAudit(null);
      find(query, settings).then(show, (refused) => isWanted && setProblem(refused.message));
    }
    return () => (isWanted = false);
  }, [wanted]);
  if (problem) return html`<${Trouble} problem=${problem} query=${query} />`;
  if (!audit) return html`<p class="waiting" role="status">The trial is being prepared.</p>`;
  return html`<${Workbench} key=${audit.kept.id} audit=${audit} settings=${settings} />`;
}

/** What went wrong, and what this browser keeps of the audit that cannot go on. */
function Trouble({ problem, query }) {
  const kept = Audit.all().find(({ id, recipe }) => id === query.id || String(recipe.seed) === query.seed);
  const done = kept?.actions.map(({ action }) => action) ?? [];
  const isDecided = (id) => done.some((one) => one.proposal_id === id && one.action_type !== "review_proposal");
  const drafts = Object.entries(kept?.drafts ?? {}).filter(([id, { reason }]) => reason && !isDecided(id));
  const lines = [
    ...done.map((one) => `${words(one.action_type)} ${one.proposal_id ?? one.patient_id ?? ""} ${one.reason ?? ""}`),
    ...drafts.map(([id, { reason }]) => `not sent, of ${id}: ${reason}`),
    ...(kept?.report ? [`Your report: ${kept.report}`] : []),
  ];
  return html`<div class="trouble">
    <h1>The audit cannot be opened</h1>
    <p class="problem" role="alert">${problem}</p>
    <p class="buttons"><button type="button" class="primary" onClick=${() => location.reload()}>Try again</button>
      <a class="button" href="#/">Choose another audit</a></p>
    ${lines.length > 0 && html`<p>This browser keeps what you did and wrote in it:</p>`}
    <ol>${lines.map((line) => html`<li>${line}</li>`)}</ol>
  </div>`;
}

function Workbench({ audit, settings }) {
  useChanges(audit);
  const [lit, setLit] = useState(null);
  const [seen, setSeen] = useState(PANES[0]);
  const follow = ({ target }) => setSeen(PANES[Math.round(target.scrollLeft / target.clientWidth)]);
  const [isFiling, setFiling] = useState(false);
  const [choices, setChoices] = useState({ feature: settings.cohort_features[0] });
  const panes = useRef(null);
  const ids = audit.proposals.map(({ proposal_id }) => proposal_id);
  const chosen = [readRoute().query.p, audit.kept.turnedTo].find((id) => ids.includes(id)) ?? ids[0];
  const proposal = audit.proposals.find(({ proposal_id }) => proposal_id === chosen);

  const turnTo = (id) => {
    audit.problem = null;
    setLit(null);
    replace("audit", { ...placeOf(audit.kept), p: id });
    audit.keep({ turnedTo: id }); // draws the page, and before the next key
  };
  const turn = (by) => turnTo(ids[(ids.indexOf(chosen) + by + ids.length) % ids.length]);
  const pick = (text) => {
    if (audit.decisions[chosen]) return;
    const { reason } = audit.draft(chosen);
    audit.write(chosen, { reason: `${reason}${reason && !/\s$/.test(reason) ? " " : ""}${text}` });
  };
  // A protocol may have a thousand clauses: it is drawn when it changes, and not with every letter of a reason.
  const drawn = () => html`<${Protocol} text=${audit.protocol} lit=${lit} onPick=${pick} />`;
  const protocol = useMemo(drawn, [audit.protocol, lit, chosen]);
  const onClause = (key) => {
    setLit({ key });
    showPane(panes.current, "protocol");
  };
  const lookUp = (name) => {
    const action = LOOK_UPS[name].action(proposal, choices);
    const isEarly = name === "s" && !audit.known.reviews[chosen]; // the Actor is explained once its note was read
    if ((isOfPatient(proposal) || !("patient_id" in action)) && !isEarly && !wasMade(audit, action)) audit.act(action);
    showPane(panes.current, name === "r" || name === "s" ? "note" : "record");
  };
  useKeys({
    j: () => turn(1), k: () => turn(-1),
    ...Object.fromEntries(Object.keys(LOOK_UPS).map((name) => [name, () => lookUp(name)])),
    a: () => focusOn(panes.current, "#approve"),
    f: () => focusOn(panes.current, "#error-type"),
    w: () => focusOn(panes.current, "#fault"),
    e: () => setFiling(true),
    "?": showHelp,
  }, !audit.isOver);

  if (audit.isOver) return html`<${EndingView} audit=${audit} settings=${settings} />`;
  const ask = { audit, subject: proposal, choices, cost: settings.rewards.step };
  const onChoose = (changes) => setChoices({ ...choices, ...changes });
  const shared = { audit, proposal, settings, ask, onChoose, onPick: pick, onClause };
  return html`
    <${Bar} audit=${audit} onReport=${() => setFiling(true)} />
    <div class="bench">
      <${Queue} audit=${audit} chosen=${chosen} onTurn=${turnTo} />
      <${PaneTabs} panes=${panes} seen=${seen} />
      <div class="panes" ref=${panes} onScroll=${follow}>
        <${NotePane} ...${shared} /><${RecordPane} ...${shared} />
        <section class="pane" id="pane-protocol" tabindex="0" aria-label="Protocol">
          <h2>Protocol</h2>${protocol}</section>
        <${DecisionBar} ...${{ audit, settings, proposal }} />
      </div>
    </div>
    ${isFiling && html`<${ReportDialog} audit=${audit} onClose=${() => setFiling(false)} />`}
  `;
}

const showHelp = () => document.querySelector("#help").showModal();

/** Bring a pane into sight where they lie side by side, as on a phone. */
function showPane(panes, name) {
  const isWider = panes && panes.scrollWidth > panes.clientWidth + 1;
  const left = isWider && panes.querySelector(`#pane-${name}`).offsetLeft - panes.offsetLeft;
  if (isWider) panes.scrollTo({ left, behavior: "smooth" });
}

function focusOn(panes, selector) {
  showPane(panes, "decide");
  panes.querySelector(selector)?.focus({ preventScroll: true });
}

function Bar({ audit, onReport }) {
  const { recipe } = audit.kept;
  const decided = audit.proposals.filter(({ status }) => status !== "pending").length;
  const left = audit.last.steps_remaining;
  const done = !audit.problem && audit.steps.at(-1)?.action.action_type;
  return html`<div class="status">
    <h1 class="small">${tierOf(taskOf(recipe))} audit
      <span class="soft"> seed ${recipe.seed}, ${recipe.split}</span></h1>
    <p class="small number"><b>${decided}</b> of ${audit.proposals.length} decided · <b>${left}</b> steps left</p>
    <p class="small soft" role="status">
      ${audit.isReconnecting && "The connection was lost. The audit is being taken up again."}
      ${done && html`<span class="hidden">Done: ${words(done)}</span>`}
      ${!audit.isKept && "This browser keeps nothing: a reload would lose this audit."}
    </p>
    <details class="exports"><summary>Save</summary><${ExportButtons} audit=${audit} /></details>
    <button type="button" class="help" onClick=${showHelp}>Keys <${Key} name="?" /></button>
    <button type="button" onClick=${onReport}>File the report <${Key} name="e" /></button>
  </div>`;
}

/** What the Actor wants, which most tiers tell with its note, and how sure it is. */
const Claim = ({ of: { recommended_action: wants, confidence } }) => html`<span class="small">${wants ?? "not read yet"}
  <span class="number soft"> ${figure(confidence, 2)}</span></span>`;

function Queue({ audit, chosen, onTurn }) {
  const list = useRef(null);
  const intoSight = (entry) => entry.scrollIntoView({ block: "nearest", inline: "nearest" });
  useEffect(() => intoSight(list.current.querySelector('[aria-current="true"]')), [chosen]);
  const entry = (one) => html`<li>
    <button type="button" class=${one.status} aria-current=${one.proposal_id === chosen}
      onClick=${() => onTurn(one.proposal_id)}>
      <span><b>${one.proposal_id}</b> ${subjectOf(one)}</span>
      <span class="small soft diagnosis">${one.diagnosis}</span>
      <${Claim} of=${one} />
      <span class="small state">${one.status === "pending" ? "" : one.status}</span>
    </button>
  </li>`;
  return html`<nav class="queue" aria-label="Proposals" ref=${list}><ul>${audit.proposals.map(entry)}</ul></nav>`;
}

/** On a phone one pane is in sight, `seen`, and these go to the others. */
function PaneTabs({ panes, seen }) {
  const tab = (name) => html`
    <button type="button" class="plain" aria-pressed=${name === seen} onClick=${() => showPane(panes.current, name)}>
      ${name}</button>`;
  return html`<div class="pane-tabs" role="group" aria-label="Panes">${PANES.map(tab)}</div>`;
}

/** A look-up's result, or its button while it has not been made. */
function Found({ title, found, name, ask, children }) {
  return html`<h2>${title}</h2>${found ? children : html`<${LookUp} ...${ask} name=${name} />`}`;
}

function NotePane({ audit, proposal, settings, ask, onChoose, onPick, onClause }) {
  const [review, shap] = [audit.known.reviews[proposal.proposal_id], audit.known.shaps[proposal.patient_id]];
  const dose = / Dosing$/m.test(audit.protocol) ? ["starting_dose"] : [];
  const chooseField = (name) => onChoose({ shapField: name || undefined });
  return html`
    <section class="pane" id="pane-note" tabindex="0" aria-label="Note">
      <p class="about small soft">${proposal.diagnosis} · <${Claim} of=${proposal} /></p>
      <${Found} title="The Actor's note" found=${review} name="r" ask=${ask}>
        <${Note} review=${review} onClause=${onClause} />
      <//>
      ${isOfPatient(proposal) && review &&
      html`
        <h2>What moved the Actor</h2>
        ${shap && html`<${Shapley} shap=${shap} onPick=${onPick} />`}
        <div class="ask">
          <${Choice} label="Field" value=${ask.choices.shapField ?? ""} onChoice=${chooseField}
            options=${[["", "every field"], ...settings.shap_fields, ...dose]} />
          <${LookUp} ...${ask} name="s" />
        </div>
      `}
    </section>
  `;
}

function RecordPane({ audit, proposal, settings, ask, onChoose, onPick }) {
  const patient = audit.known.patients[proposal.patient_id];
  const timeline = audit.known.timelines[proposal.patient_id];
  const cohort = audit.known.cohorts[ask.choices.feature];
  return html`
    <section class="pane" id="pane-record" tabindex="0" aria-label="Record">
      ${isOfPatient(proposal) &&
      html`
        <${Found} title=${`Record of ${proposal.patient_id}`} found=${patient} name="o" ask=${ask}>
          <${Record} patient=${patient} onPick=${onPick} />
        <//>
        <${Found} title="Timeline" found=${timeline} name="t" ask=${ask}>
          <${Timeline} timeline=${timeline} onPick=${onPick} />
        <//>
      `}
      <h2>Cohort</h2>
      <div class="ask">
        <${Choice} label="Grouped by" value=${ask.choices.feature} options=${settings.cohort_features}
          onChoice=${(feature) => onChoose({ feature })} />
        <${LookUp} ...${ask} name="c" />
      </div>
      ${cohort && html`<${Cohort} cohort=${cohort} onPick=${onPick} />`}
    </section>
  `;
}
