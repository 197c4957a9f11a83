/** The connection to the server: one message out, one answer in, over the /ws that every client speaks. */

const LATE_MS = 8_000;

/** What the server refused, in its own sentence. */
export class Refused extends Error {
  constructor({ message, code }) {
    super(message);
    this.code = code;
  }
}

/** The connection ended before an answer came. */
export class Disconnected extends Error {}

export class Connection {
  #socket;
  #waiting = null;
  #late = 0;

  /** Open a connection, which is a session of its own. Rejects with Disconnected. */
  static open() {
    return new Promise((resolve, reject) => {
      const connection = new Connection(new WebSocket("ws")); // beside the page
      connection.#expect(() => resolve(connection), reject);
      connection.#socket.onopen = () => connection.#settle("resolve");
    });
  }

  constructor(socket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "error") this.#settle("reject", new Refused(message.data));
      else this.#settle("resolve", message.data);
    };
    socket.onclose = ({ reason }) => {
      this.#settle("reject", new Disconnected(reason || "The server cannot be reached."));
    };
  }

  /** Whether a request can be sent. */
  get isOpen() {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /**
   * Send a message and wait for its answer. One at a time.
   *
   * @returns The answer's data. Rejects with Refused or Disconnected.
   */
  request(type, data) {
    if (!this.isOpen) return Promise.reject(new Disconnected("The connection to the server is closed."));
    return new Promise((resolve, reject) => {
      this.#expect(resolve, reject, type === "reset");
      this.#socket.send(JSON.stringify({ type, data }));
    });
  }

  close() {
    this.#socket.close();
  }

  /** A network that is gone says nothing, so an answer that is late is none. A reset may wait for a language model. */
  #expect(resolve, reject, isPatient = false) {
    this.#waiting = { resolve, reject };
    if (!isPatient) this.#late = setTimeout(() => this.#giveUp(), LATE_MS);
  }

  #giveUp() {
    this.close();
    this.#settle("reject", new Disconnected("The server does not answer."));
  }

  #settle(how, value) {
    clearTimeout(this.#late);
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.[how](value);
  }
}
