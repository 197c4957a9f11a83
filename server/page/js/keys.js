/** Keys of one letter. They rest while something is written, chosen or asked. */

import { useLayoutEffect, useRef } from "../vendor/preact-htm.js";

const TYPED_IN = "input, select, textarea, dialog"; // where it is shown: a closed dialog keeps the focus for a frame

/** Call `keys[name]` at that key, as long as `isOn`. Two keys may come between two pictures of the screen. */
export function useKeys(keys, isOn) {
  const now = useRef();
  now.current = isOn ? keys : {};
  useLayoutEffect(() => {
    const onKeyDown = (event) => {
      if (event.key === "Escape" && event.target.matches?.("input, select, textarea")) event.target.blur();
      const isTypedIn = event.target.closest?.(TYPED_IN)?.checkVisibility();
      const act = !(event.ctrlKey || event.metaKey || event.altKey || isTypedIn) && now.current[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
}
