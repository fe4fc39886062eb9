import { ApiError } from './http';

/** Marks events of the button "Send a test event". */
export const TEST_TAG = 'lighttrace.test';

/**
 * Sends one error the way an SDK does: an envelope to the project's own address, with the public key and without the
 * session. Answers the event's id once the server has it on disk.
 */
export async function sendTestEvent(project: number, publicKey: string): Promise<string> {
  const id = crypto
    .getRandomValues(new Uint8Array(16))
    .reduce((hex, byte) => hex + byte.toString(16).padStart(2, '0'), '');
  const now = new Date().toISOString();
  const event = {
    event_id: id,
    timestamp: now,
    platform: 'javascript',
    level: 'error',
    environment: 'test',
    tags: { [TEST_TAG]: 'true' },
    exception: {
      values: [
        {
          type: 'TestError',
          value: 'Hello from LightTrace: this is a test event',
          mechanism: { type: 'generic', handled: true },
          stacktrace: { frames: FRAMES },
        },
      ],
    },
    breadcrumbs: {
      values: [{ timestamp: now, category: 'ui.click', message: 'button "Send a test event"' }],
    },
  };
  const lines = [{ event_id: id, sent_at: now }, { type: 'event' }, event];
  let response: Response;
  try {
    response = await fetch(`/api/${project}/envelope/?sentry_key=${publicKey}&sentry_version=7`, {
      method: 'POST',
      body: lines.map((line) => JSON.stringify(line)).join('\n'),
      credentials: 'omit',
    });
  } catch {
    throw new ApiError(0, 'The request never got an answer. An ad blocker may have stopped it.');
  }
  if (response.ok) return id;
  throw new ApiError(response.status, explain(response.status, await detailOf(response)));
}

const FRAMES = [
  {
    function: 'onclick',
    filename: 'set-up.js',
    lineno: 12,
    in_app: true,
    context_line: '  sendTestEvent();',
  },
  {
    function: 'sendTestEvent',
    filename: 'set-up.js',
    lineno: 4,
    in_app: true,
    pre_context: [
      '// Nothing is broken: this is what an error looks like here.',
      'function sendTestEvent() {',
    ],
    context_line: "  throw new TestError('Hello from LightTrace: this is a test event');",
    post_context: ['}'],
  },
];

async function detailOf(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => null);
  const detail = body && typeof body === 'object' && 'detail' in body ? body.detail : '';
  return typeof detail === 'string' ? detail : '';
}

/** In words for whoever waits for their first event. */
function explain(status: number, detail: string): string {
  if (status === 403) return 'The key was refused: it is disabled or was deleted.';
  if (status === 429) return 'A rate limit holds it back right now.';
  return detail || `The server answered ${status}.`;
}
