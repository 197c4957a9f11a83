/** The connection to the server: one message out, one answer in, over the /ws that every client speaks. */

const LATE_MS = 8_000;

/** The connection ended before an answer came. */
export class Disconnected extends Error {}

/** Open a connection, which is a session of its own: {request, close}. Rejects with Disconnected. */
export function connect() {
  const socket = new WebSocket("ws"); // beside the page
  let waiting = null;
  const answer = (isPatient = false) => {
    let late;
    const come = (resolve, reject) => {
      waiting = { resolve, reject };
      const giveUp = () => (socket.close(), reject(new Disconnected("The server does not answer.")));
      // A network that is gone says nothing, so an answer that is late is none.
      if (!isPatient) late = setTimeout(giveUp, LATE_MS);
    };
    return new Promise(come).finally(() => clearTimeout(late));
  };
  socket.onmessage = ({ data: text }) => {
    const { type, data } = JSON.parse(text);
    if (type === "error") waiting.reject(new Error(data.message));
    else waiting.resolve(data);
  };
  socket.onclose = ({ reason }) => waiting.reject(new Disconnected(reason || "The server cannot be reached."));
  socket.onopen = () => waiting.resolve({ request, close: () => socket.close() });

  /** The data of the answer. Rejects with the server's sentence, or Disconnected. One at a time. A reset may last. */
  const request = (type, data) => {
    if (socket.readyState !== WebSocket.OPEN) return Promise.reject(new Disconnected("The connection is closed."));
    socket.send(JSON.stringify({ type, data }));
    return answer(type === "reset");
  };
  return answer();
}
