/** The protocol as clauses: what a citation names, and which clauses act on it. */

const REFERENCE = /(§\d+(?:\.\d+)*|Amendment \d+)/g;
const HEAD = /^(§\d+(?:\.\d+)*|Amendment \d+)/;

/** A protocol as {title, clauses}, a clause a line: {key, text, isHeading, mentions}. The last are others it names. */
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

/** A text in pieces: plain ones, and those that name a clause, which are their `key`. */
export const pieces = (text) =>
  (text ?? "").split(REFERENCE).map((piece, at) => (at % 2 ? { text: piece, key: piece } : { text: piece }));
