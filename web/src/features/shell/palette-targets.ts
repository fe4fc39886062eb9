import type { Project } from '$lib/api/types';
import { mapsPath, sourceLinksPath } from '$lib/project-paths';
import { formatFilter } from '$lib/query-chips';
import { pastedTracePath } from '$lib/trace-paths';

export interface Target {
  label: string;
  note: string;
  href: string;
}

const PAGES: Target[] = [
  { label: 'Issues', note: 'page', href: '/issues' },
  { label: 'Traces', note: 'page', href: '/traces' },
  { label: 'Search', note: 'page', href: '/search' },
  { label: 'Performance', note: 'page', href: '/performance' },
  { label: 'Resolved issues', note: 'view', href: '/issues?query=is%3Aresolved' },
  { label: 'Regressed issues', note: 'view', href: '/issues?query=is%3Aregressed' },
  { label: 'Escalating issues', note: 'view', href: '/issues?query=is%3Aescalating' },
  { label: 'Archived issues', note: 'view', href: '/issues?query=is%3Aignored' },
  { label: 'Alerts: incidents', note: 'page', href: '/alerts' },
  { label: 'Alert rules', note: 'page', href: '/alerts/rules' },
  { label: 'New alert rule', note: 'page', href: '/alerts/rules/new' },
  { label: 'Alert channels', note: 'page', href: '/alerts/channels' },
  { label: 'Alert deliveries', note: 'page', href: '/alerts/deliveries' },
  { label: 'Releases', note: 'page', href: '/releases' },
  { label: 'Projects', note: 'page', href: '/projects' },
  { label: 'New project', note: 'page', href: '/projects/new' },
  { label: 'Health', note: 'page', href: '/status' },
  { label: 'People', note: 'settings', href: '/settings/members' },
  { label: 'API tokens', note: 'settings', href: '/settings/tokens' },
  { label: 'Notifications: what you are told', note: 'settings', href: '/settings/notifications' },
  { label: 'Account, password, sessions', note: 'settings', href: '/settings/account' },
];

const SHORT_ID = /^[a-z0-9][a-z0-9_-]*-[0-9a-z]+$/i;

/** Where typed words can lead: a short id, a page, a project, else a search for the words themselves. */
export function paletteTargets(typed: string, projects: Pick<Project, 'name' | 'slug'>[]): Target[] {
  const words = typed.trim();
  const fits = (text: string) => text.toLowerCase().includes(words.toLowerCase());
  const ofProjects = projects.flatMap((project) => [
    {
      label: `${project.name} issues`,
      note: 'project',
      href: `/issues?project=${encodeURIComponent(project.slug)}`,
    },
    {
      label: `${project.name} performance`,
      note: 'project',
      href: `/performance?project=${encodeURIComponent(project.slug)}`,
    },
    {
      label: `${project.name} set-up and DSN`,
      note: 'project',
      href: `/projects/${encodeURIComponent(project.slug)}/setup`,
    },
    {
      label: `${project.name} source maps`,
      note: 'project',
      href: mapsPath(project.slug),
    },
    {
      label: `${project.name} source links`,
      note: 'project',
      href: sourceLinksPath(project.slug),
    },
    {
      label: `${project.name} settings`,
      note: 'project',
      href: `/projects/${encodeURIComponent(project.slug)}/settings`,
    },
  ]);
  const found = [...PAGES, ...ofProjects].filter((target) => fits(target.label)).slice(0, 8);
  if (!words) return found;
  const search = `/search?query=${encodeURIComponent(words)}`;
  const targets = [...found, { label: `Search for “${words}”`, note: 'search', href: search }];
  if (SHORT_ID.test(words)) {
    targets.unshift({
      label: `Open ${words.toUpperCase()}`,
      note: 'issue',
      href: `/issues/${encodeURIComponent(words.toUpperCase())}`,
    });
  }
  const trace = pastedTracePath(words);
  if (trace) targets.unshift({ label: 'Open this trace', note: 'trace', href: trace });
  if (/^[0-9a-f]{32}$/i.test(words)) {
    const byEvent = `/issues?query=${encodeURIComponent(formatFilter('event.id', words))}`;
    targets.unshift({ label: 'Find the issue of this event', note: 'event', href: byEvent });
  }
  return targets;
}
