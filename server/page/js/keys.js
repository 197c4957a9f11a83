/** Keys of one letter. They rest while something is written, chosen or asked. */

import { useEffect, useRef } from "../vendor/preact-htm.js";

/** What the keys of the workbench do, for the help. */
export const MEANINGS = {
  j: "next proposal",
  k: "proposal before",
  r: "read the note",
  o: "open the record",
  t: "count the days",
  s: "what moved the Actor",
  c: "compare in the cohort",
  a: "go to Approve; Enter approves",
  f: "go to the error type; Ctrl+Enter flags",
  e: "file the report and end the audit",
  Esc: "leave a field or this list",
  "?": "this list",
};

const TYPED_IN = "input, select, textarea, dialog";

/** Call `keys[name]` when that key is pressed, as long as `isOn`. Two keys may come between two pictures of the screen. */
export function useKeys(keys, isOn) {
  const now = useRef();
  now.current = isOn ? keys : {};
  useEffect(() => {
    const onKeyDown = (event) => {
      if (event.key === "Escape" && event.target.matches?.("input, select, textarea")) event.target.blur();
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(TYPED_IN)) return;
      const act = now.current[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
}
