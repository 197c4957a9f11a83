/** The report that ends an audit. */

import { html, useLayoutEffect, useRef } from "../vendor/preact-htm.js";

const LONGEST_REPORT = 20_000;

/** Begins with a line for each flag of the person's own. */
export function ReportDialog({ audit, onClose }) {
  const flags = Object.values(audit.decisions).filter(({ action_type }) => action_type === "flag_error");
  const why = ({ reason }) => reason.replace(/\s+/g, " "); // a report is read line by line
  const lines = flags.map((one) => `${one.proposal_id}: ${one.error_type}, ${why(one)}`);
  const report = audit.kept.report || lines.join("\n");
  const dialog = useRef(null);
  useLayoutEffect(() => dialog.current.showModal(), []);
  const open = audit.proposals.filter(({ status }) => status === "pending").length;
  const write = (event) => audit.keep({ report: event.target.value });
  const file = async () => {
    const text = report.trim() || "No errors were found.";
    if (await audit.act({ action_type: "submit_audit_report", report: text })) onClose();
  };
  return html`
    <dialog ref=${dialog} onClose=${onClose} aria-labelledby="report-title">
      <h2 id="report-title">File the report</h2>
      <p>This ends the audit. ${open > 0 && html`<b>Undecided: ${open},</b> which counts as not right.`}</p>
      <label>A line for each error: proposal, error type, why
        <textarea rows="8" maxlength=${LONGEST_REPORT} value=${report} onInput=${write} /></label>
      <p class="problem" role="alert">${audit.problem}</p>
      <p class="buttons">
        <button type="button" class="primary" disabled=${audit.busy} onClick=${file}>End the audit</button>
        <button type="button" onClick=${onClose}>Go on auditing</button></p>
    </dialog>
  `;
}
