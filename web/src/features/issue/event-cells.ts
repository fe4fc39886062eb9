import type { EventRow } from '$lib/api/types';
import { userName } from '$lib/event-summary';

export interface EventCells {
  release: string;
  environment: string;
  user: string;
  /** The transaction, else the URL. */
  where: string;
  /** Only where it says something else than the issue. */
  title: string;
  trace: string;
}

/** What the table of events shows of one. */
export function eventCells(event: EventRow, issueTitle: string): EventCells {
  const tag = (key: string) => event.tags.find((one) => one.key === key)?.value ?? '';
  return {
    release: tag('release'),
    environment: tag('environment'),
    user: userName(event.user) || tag('user'),
    where: tag('transaction') || tag('url'),
    title: event.title === issueTitle ? '' : event.title,
    trace: event.trace ?? '',
  };
}
