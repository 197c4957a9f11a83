/** The protocol as clauses: what a citation names, and which clauses act on it. */

const REFERENCE = /§\d+(?:\.\d+)*|Amendment \d+/g;
const HEAD = /^(§\d+(?:\.\d+)*|Amendment \d+)/;

/**
 * Read a protocol.
 *
 * @returns {{title: string, clauses: {key: string, text: string, isHeading: boolean, mentions: string[]}[]}}
 *   Every line in order. `mentions` are the other clauses that it names.
 */
export function readProtocol(text) {
  const [title, ...lines] = (text ?? "").split("\n");
  const clauses = lines.map((line) => {
    const key = HEAD.exec(line)?.[0] ?? "";
    const mentions = [...new Set(line.match(REFERENCE) ?? [])].filter((one) => one !== key);
    return { key, text: line.slice(key.length).trim(), isHeading: /^§\d+$/.test(key), mentions };
  });
  return { title, clauses };
}

/** The keys of the clauses that act on this one: exceptions, overrides, amendments, and what acts on those. */
export function actingOn(protocol, key) {
  const found = new Set([key]);
  for (const one of found) {
    for (const { key: other, mentions } of protocol.clauses) if (other && mentions.includes(one)) found.add(other);
  }
  found.delete(key);
  return [...found];
}

/** A text in pieces: plain ones, and those that name a clause. */
export function pieces(text) {
  const parts = [];
  let at = 0;
  for (const match of (text ?? "").matchAll(REFERENCE)) {
    if (match.index > at) parts.push({ text: text.slice(at, match.index) });
    parts.push({ text: match[0], key: match[0] });
    at = match.index + match[0].length;
  }
  if (at < (text ?? "").length) parts.push({ text: text.slice(at) });
  return parts;
}
