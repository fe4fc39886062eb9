import { describe, expect, it } from 'vitest';
import { EventParser, readServerEvents } from './sse';

const STREAM =
  ': hello\n\nevent: started\ndata: {"id":"12"}\n\nevent: delta\r\ndata: one\r\ndata: two\r\n\r\ndata:bare\n\nid: 4\nretry: 10\n\n';
const MESSAGES = [
  { event: 'started', data: '{"id":"12"}' },
  { event: 'delta', data: 'one\ntwo' },
  { event: 'message', data: 'bare' },
];

const bodyOf = (...chunks: Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });

describe('a stream of events', () => {
  it('reads the same wherever it is cut', () => {
    for (let cut = 0; cut <= STREAM.length; cut++) {
      const parser = new EventParser();
      const found = [...parser.push(STREAM.slice(0, cut)), ...parser.push(STREAM.slice(cut))];
      expect(found, `cut at ${cut}`).toEqual(MESSAGES);
    }
  });

  it('takes letters that are cut in their middle', async () => {
    const bytes = new TextEncoder().encode('event: delta\ndata: „Größe“ 🙂\n\n');
    for (let cut = 0; cut <= bytes.length; cut++) {
      const found = [];
      for await (const one of readServerEvents(bodyOf(bytes.slice(0, cut), bytes.slice(cut))))
        found.push(one);
      expect(found).toEqual([{ event: 'delta', data: '„Größe“ 🙂' }]);
    }
  });

  it('drops what is not whole when it ends', async () => {
    const found = [];
    const body = bodyOf(new TextEncoder().encode('data: whole\n\nevent: done\ndata: {"ha'));
    for await (const one of readServerEvents(body)) found.push(one.data);
    expect(found).toEqual(['whole']);
  });

  it('stops reading a message without an end', () => {
    const parser = new EventParser();
    expect(() => {
      for (let at = 0; at < 6; at++) parser.push(`data: ${'x'.repeat(1_000_000)}\n`);
    }).toThrow();
  });

  it('lets go of the body when nobody reads on', async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('data: again\n\n')),
      cancel: () => void (cancelled = true),
    });
    for await (const one of readServerEvents(body)) if (one.data) break;
    expect(cancelled).toBe(true);
  });
});
