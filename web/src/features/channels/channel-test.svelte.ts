import type { Notification, NotificationTarget } from '$lib/api/alert-types';
import { getNotification, testTarget } from '$lib/api/notifications';
import { failureText } from '$lib/failure-text';
import { session } from '$lib/session.svelte';

const ASK_EVERY_MS = 700;
/** Then the page stops waiting; the list of deliveries says what became of it. */
const WAIT_MS_MAX = 30_000;

/** A message that a channel's button sent, followed until it has arrived or failed. */
export class ChannelTest {
  sent = $state.raw<Notification>();
  failure = $state('');
  running = $state(false);
  #target: NotificationTarget['id'];
  #stopped = false;

  constructor(target: NotificationTarget['id']) {
    this.#target = target;
  }

  async run() {
    if (this.running) return;
    this.running = true;
    this.failure = '';
    this.sent = undefined;
    const until = Date.now() + WAIT_MS_MAX;
    try {
      this.sent = await testTarget(session.org, this.#target);
      while (!this.#stopped && this.sent.state === 'waiting' && !this.sent.reason && Date.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
        this.sent = await getNotification(session.org, this.sent.id);
      }
    } catch (cause) {
      this.failure = failureText(cause);
    } finally {
      this.running = false;
    }
  }

  stop() {
    this.#stopped = true;
  }

  /** What became of it so far, as a sentence. */
  get text(): string {
    if (this.failure) return this.failure;
    if (!this.sent) return this.running ? 'Sending …' : '';
    const { state, reason } = this.sent;
    if (state === 'delivered') return 'It arrived.';
    if (state !== 'waiting') return `It did not arrive. ${reason ?? ''}`.trim();
    return reason ? `Not yet: ${reason} It is tried again.` : 'On its way …';
  }

  get tone(): 'ok' | 'error' | 'plain' {
    if (this.failure || this.sent?.state === 'failed' || this.sent?.state === 'dropped') return 'error';
    if (this.sent?.reason && this.sent.state === 'waiting') return 'error';
    return this.sent?.state === 'delivered' ? 'ok' : 'plain';
  }
}
