import { findMatchingEvent } from '$lib/api/search';
import { changeQuery } from '$lib/match-path';
import { router } from '$lib/router.svelte';
import { session } from '$lib/session.svelte';

/** What a search's results name instead of an event. */
export const MATCHING = 'matching';

/** A search names the issue; which of its events matched is asked for when somebody looks. */
export async function goToMatch(issue: string) {
  const { path } = router;
  const query = router.query.get('query') ?? '';
  const found = await findMatchingEvent(session.org, issue, query).catch(() => undefined);
  if (router.path !== path) return;
  const href = path.replace(/[^/]+$/, found ?? 'recommended') + changeQuery(router.search, { query: null });
  router.go(href, { replace: true, keepScroll: true });
}
