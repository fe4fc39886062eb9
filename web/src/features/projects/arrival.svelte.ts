import { findNewest, type Arrival } from '$lib/api/arrivals';
import { live } from '$lib/api/live.svelte';
import { getLedger } from '$lib/api/projects';
import { TEST_TAG } from '$lib/api/test-event';
import type { LedgerRow } from '$lib/api/types';

/** The live stream tells at once; this is for when a proxy in between holds it back. */
const ASK_EVERY_MS = 5_000;
/** By then a program that was started has sent something. */
const DOUBT_AFTER_MS = 60_000;

/** Waits for a project's first event that is no test of ours, and notes what was turned away meanwhile. */
export class FirstArrival {
  arrival = $state.raw<Arrival | null>(null);
  /** What became of everything that was sent to the project today. */
  ledger = $state.raw<LedgerRow | null>(null);
  doubtful = $state(false);
  #asking = false;

  /** The answer stops it. */
  watch(org: string, project: string): () => void {
    this.arrival = null;
    this.ledger = null;
    this.doubtful = false;
    const look = () => void this.#look(org, project);
    look();
    const timer = setInterval(look, ASK_EVERY_MS);
    const doubt = setTimeout(() => (this.doubtful = true), DOUBT_AFTER_MS);
    const unsubscribe = live.subscribe(look);
    return () => (clearInterval(timer), clearTimeout(doubt), unsubscribe());
  }

  async #look(org: string, project: string) {
    if (this.#asking || this.arrival) return;
    this.#asking = true;
    try {
      this.arrival = await findNewest(org, project, `!${TEST_TAG}:true`);
      if (!this.arrival) {
        const ledger = await getLedger(org, undefined, '24h');
        this.ledger = ledger.projects.find((row) => row.project === project) ?? null;
      }
    } catch {
      // The next look may succeed; a page that waits must not give up.
    } finally {
      this.#asking = false;
    }
  }
}

/** What was turned away, by reason, in words; the largest first. */
export function turnedAway(ledger: LedgerRow | null): { reason: string; count: number }[] {
  if (!ledger) return [];
  const rejected = Object.entries(ledger.rejected).map(([reason, count]) => ({
    reason: inWords(reason),
    count,
  }));
  const limited = ledger.limited > 0 ? [{ reason: 'over a rate limit', count: ledger.limited }] : [];
  return [...rejected, ...limited].sort((a, b) => b.count - a.count);
}

const WORDS: Record<string, string> = {
  malformed: 'could not be read: not an envelope, or broken JSON',
  unauthorized: 'named no key',
  forbidden: 'named a key that is disabled or of another project',
  too_large: 'too large',
  unsupported_media_type: 'of a type that is not taken',
  stalled: 'did not arrive in time',
  overloaded: 'came while there was no memory left',
  busy: 'came while the inbox was full',
  disk_failed: 'could not be written: the disk may be full',
};

const inWords = (reason: string) => WORDS[reason] ?? reason.replaceAll('_', ' ');
