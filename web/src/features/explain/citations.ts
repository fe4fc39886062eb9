import type { Fact, FactPlace } from '$lib/api/explain-types';
import type { IssueEvent, SuspectCommit } from '$lib/api/types';
import { crumbText } from '$lib/breadcrumb-text';
import { findEntry } from '$lib/event-summary';
import { releasePath } from '$lib/project-paths';
import { releaseName } from '$lib/release-name';
import { safeHref } from '$lib/safe-href';
import { crumbSpot, frameSpot, spanSpot } from '$lib/spot.svelte';
import { frameFile } from '$lib/stack-frames';
import { tracePath } from '$lib/trace-paths';

/** A citation as a person reads it, and where it leads. */
export interface Citation {
  label: string;
  /** On the page of the event that the facts are of. */
  spot?: string;
  href?: string;
  /** The link leaves the app. */
  away?: boolean;
}

const LABEL_CHARS_MAX = 36;

/** What citations are read with. */
export interface CitationSources {
  /** The event that the facts are of; another one's frames have other numbers. */
  event: IssueEvent | undefined;
  /** Path of the issue's page. */
  issue: string;
  commits: Pick<SuspectCommit, 'id' | 'url'>[];
}

export function citationOf(fact: Fact, { event, issue, commits }: CitationSources): Citation {
  const { place } = fact;
  const said = firstLine(fact.text) || fact.id;
  switch (place?.type) {
    case 'frame':
      return {
        label: frameLabel(place, event) ?? placeIn(fact.text) ?? fact.id,
        spot: frameSpot(place.exception, place.frame),
      };
    case 'exception':
      return { label: exceptionLabel(place.exception, event) ?? said, spot: 'stack' };
    case 'crumb':
      return { label: crumbLabel(place.index, event) ?? said, spot: crumbSpot(place.index) };
    case 'span':
      return { label: said, spot: spanSpot(place.span), href: tracePath(place.trace, place.span) };
    case 'commit': {
      const href = safeHref(commits.find(({ id }) => id.startsWith(place.sha))?.url ?? null);
      return { label: place.sha.slice(0, 7), href: href ?? undefined, away: true };
    }
    case 'release':
      return { label: releaseName(place.version), href: releasePath(place.version) };
    case 'event':
      return {
        label: `event ${place.event.slice(0, 8)}`,
        href: `${issue}/events/${encodeURIComponent(place.event)}`,
      };
    case 'issue':
      return { label: place.issue, href: `/issues/${encodeURIComponent(place.issue)}` };
    case 'section':
      return sectionCitation(place.name, fact, said, event);
    default:
      return { label: said };
  }
}

/** A card of the page by its id, and a word for what is a sentence or more; else its fact is its label. */
const SECTIONS: Record<string, { spot: string; label?: string }> = {
  request: { spot: 'request', label: 'request' },
  pattern: { spot: 'pattern', label: 'pattern' },
  differs: { spot: 'differs', label: 'what differs' },
  suspects: { spot: 'suspects', label: 'suspects' },
  tags: { spot: 'tags' },
  contexts: { spot: 'context' },
  message: { spot: 'message', label: 'message' },
  // Of no exception: then it is a thread's, or stands alone.
  stacktrace: { spot: 'threads' },
};

function sectionCitation(name: string, fact: Fact, said: string, event?: IssueEvent): Citation {
  const { spot, label = said } = SECTIONS[name] ?? {};
  if (name === 'contexts' && fact.id.startsWith(EXTRA)) return { label, spot: 'extra' };
  const missing =
    event &&
    ((name === 'stacktrace' && !findEntry(event, 'threads')?.values.length) ||
      // The page leaves out a message that says no more than the exceptions do.
      (name === 'message' && (findEntry(event, 'message')?.formatted ?? event.title) === event.title));
  return { label, spot: missing ? 'stack' : spot };
}

/** What the program sent along stands with the contexts among the facts, and has a card of its own. */
const EXTRA = 'context:extra.';

function frameLabel(place: Extract<FactPlace, { type: 'frame' }>, event?: IssueEvent): string | undefined {
  if (!event) return undefined;
  const stack =
    findEntry(event, 'exception')?.values[place.exception]?.stacktrace ?? findEntry(event, 'stacktrace');
  const frame = stack?.frames[place.frame];
  const file = frame && (frameFile(frame).split(/[\\/]/).at(-1) ?? '');
  if (!file) return undefined;
  return cut(frame.lineNo ? `${file}:${frame.lineNo}` : file);
}

const exceptionLabel = (exception: number, event?: IssueEvent): string | undefined =>
  (event && findEntry(event, 'exception')?.values[exception]?.type) || undefined;

function crumbLabel(index: number, event?: IssueEvent): string | undefined {
  const crumb = event && findEntry(event, 'breadcrumbs')?.values[index];
  if (!crumb) return undefined;
  // A chip has room for what tells one call from another: not for its host.
  return (
    firstLine(crumbText(crumb).text.replace(/https?:\/\/[^\s/]+(?=\/)/, '')) || crumb.category || undefined
  );
}

/** `payment.ts:125`, wherever a text names it. */
function placeIn(text: string): string | undefined {
  const [found] = /[\w.-]+\.\w+:\d+/.exec(text) ?? [];
  return found && cut(found);
}

const firstLine = (text: string): string => cut(text.trim().split('\n')[0]?.trim() ?? '');

const cut = (text: string): string =>
  text.length > LABEL_CHARS_MAX ? `${text.slice(0, LABEL_CHARS_MAX - 1).trimEnd()}…` : text;

const bare = (id: string) => id.replaceAll('-', '').toLowerCase();

export const sameEvent = (one: string, other: string | undefined): boolean =>
  other !== undefined && bare(one) === bare(other);
