/** How figures and names are written. */

/** A figure with three decimals, or a dash where there is none. */
export const figure = (value, digits = 3) => (Number.isFinite(value) ? value.toFixed(digits) : "–");

/** The same with its sign; the minus is a real one. */
export const signed = (value, digits = 3) =>
  Number.isFinite(value) ? `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}` : "–";

/** "age_boundary_error" as "age boundary error". */
export const words = (name) => String(name ?? "").replaceAll("_", " ");

/** "oversight_easy" as "easy", and what logs call a task: of the frontier with its level, which of others is a word. */
export const tierOf = (taskId) => String(taskId ?? "").replace(/^oversight_/, "");
export const taskOf = ({ task_id, level }) => (Number(level) ? `${task_id}-${level}` : task_id);

/** "P0023", or "the whole cohort". */
export const subjectOf = (proposal) => (proposal.patient_id === "COHORT" ? "Whole cohort" : proposal.patient_id);
