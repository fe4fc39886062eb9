import { findNewest } from '$lib/api/arrivals';
import { getEvent } from '$lib/api/events';
import { ApiError } from '$lib/api/http';
import { sendTestEvent } from '$lib/api/test-event';
import type { ProjectKey } from '$lib/api/types';

export type Stage = 'idle' | 'sending' | 'accepted' | 'digested' | 'searchable';

const STAGES: Stage[] = ['idle', 'sending', 'accepted', 'digested', 'searchable'];
const ASK_EVERY_MS = 400;
/** Digest and index take a second or two; what takes longer is stuck. */
const PATIENCE_MS = 30_000;

/** Sends one event and follows it on its way: on disk, in its issue, in the index. */
export class TestEvent {
  stage = $state<Stage>('idle');
  failure = $state('');
  issue = $state<string | null>(null);
  tookMs = $state(0);

  reached(stage: Stage): boolean {
    return STAGES.indexOf(this.stage) >= STAGES.indexOf(stage);
  }

  get busy(): boolean {
    return this.stage !== 'idle' && this.stage !== 'searchable' && !this.failure;
  }

  async send(org: string, project: string, key: ProjectKey) {
    this.failure = '';
    this.issue = null;
    this.stage = 'sending';
    const start = performance.now();
    try {
      const id = await sendTestEvent(key.projectId, key.public);
      this.stage = 'accepted';
      const event = await this.#until('It was accepted, and is not digested yet', () =>
        absent(getEvent(org, project, id)),
      );
      this.issue = event.groupID;
      this.stage = 'digested';
      await this.#until('It is stored, and cannot be searched yet', () =>
        findNewest(org, project, `id:${id}`),
      );
      this.tookMs = Math.round(performance.now() - start);
      this.stage = 'searchable';
    } catch (cause) {
      this.failure = cause instanceof Error ? cause.message : String(cause);
    }
  }

  async #until<T>(waiting: string, ask: () => Promise<T | null>): Promise<T> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await ask();
      if (answer !== null) return answer;
      if (performance.now() > end) {
        throw new Error(
          `${waiting} after ${PATIENCE_MS / 1000} seconds. The Health page says where it waits.`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
  }
}

/** Nothing where the answer is 404. */
async function absent<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (cause) {
    if (cause instanceof ApiError && cause.status === 404) return null;
    throw cause;
  }
}
