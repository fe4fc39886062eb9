/** One message of a stream of server-sent events, as WHATWG's HTML describes them (§ 9.2.6). */
export interface ServerEvent {
  event: string;
  data: string;
}

/** A message longer than this is nobody's answer: reading stops. */
const MESSAGE_CHARS_MAX = 4_000_000;

/** Takes text however it is cut, and gives the messages that are whole. */
export class EventParser {
  #rest = '';
  #event = '';
  #data: string[] = [];
  #held = 0;

  push(text: string): ServerEvent[] {
    const found: ServerEvent[] = [];
    this.#rest += text;
    // A CR at the end may be half of a CRLF: it waits for what follows.
    const lines = this.#rest.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = this.#line(line);
      if (message) found.push(message);
    }
    if (this.#held + this.#rest.length > MESSAGE_CHARS_MAX) throw new Error('a message has no end');
    return found;
  }

  #line(line: string): ServerEvent | null {
    if (line === '') {
      const message = { event: this.#event || 'message', data: this.#data.join('\n') };
      const whole = this.#data.length > 0;
      this.#event = '';
      this.#data = [];
      this.#held = 0;
      return whole ? message : null;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#event = value;
    if (field === 'data') {
      this.#data.push(value);
      this.#held += value.length;
    }
    return null;
  }
}

/** The messages of a body, as they come. One that is not whole when the body ends is dropped. */
export async function* readServerEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    // Whoever stops reading has no use for the rest.
    void reader.cancel().catch(() => undefined);
  }
}
