/** Addresses within the page: `#/audit?task=oversight_easy&seed=7` is the view "audit" with its parameters. */

import { useLayoutEffect, useState } from "../vendor/preact-htm.js";

export function readRoute(hash = location.hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  return { view: path || "start", query: Object.fromEntries(new URLSearchParams(query)) };
}

/** The address of a view; parameters that are empty are left out. */
export function routeTo(view, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(given).toString();
  return `#/${view}${text ? `?${text}` : ""}`;
}

export function go(view, query) {
  location.hash = routeTo(view, query);
}

/** Say where the page is, without a step in the history of the browser and without drawing anything. */
export function replace(view, query) {
  history.replaceState(history.state, "", routeTo(view, query));
}

/** The same for some parameters of this view. */
export function adjust(query) {
  const route = readRoute();
  replace(route.view, { ...route.query, ...query });
}

export function useRoute() {
  const [route, setRoute] = useState(readRoute());
  useLayoutEffect(() => {
    const follow = () => setRoute(readRoute());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return route;
}
