import type { Component } from 'svelte';
import { matchPath, type PathParams } from '$lib/match-path';

export type Page = Component<{ params: PathParams }>;
/** A page that needs nothing from its address takes no props. */
type LoadedPage = Page | Component<Record<string, never>>;

interface Route {
  pattern: string;
  load: () => Promise<{ default: LoadedPage }>;
  /** Shown without the navigation, and before anybody has signed in. */
  bare?: boolean;
}

const issue = () => import('./IssueRoute.svelte');
const issueEvents = () => import('./IssueEventsRoute.svelte');
const issueTags = () => import('./IssueTagsRoute.svelte');
const invite = () => import('./InviteRoute.svelte');
const projectSettings = () => import('./ProjectSettingsRoute.svelte');

/** Every address of the app. Each page is fetched when it is first opened. */
const ROUTES: Route[] = [
  { pattern: '/issues', load: () => import('./IssuesRoute.svelte') },
  { pattern: '/issues/:issue', load: issue },
  { pattern: '/issues/:issue/events', load: issueEvents },
  { pattern: '/issues/:issue/events/:event', load: issue },
  { pattern: '/issues/:issue/timeline', load: () => import('./IssueTimelineRoute.svelte') },
  { pattern: '/issues/:issue/groups', load: () => import('./IssueGroupsRoute.svelte') },
  { pattern: '/issues/:issue/activity', load: () => import('./IssueActivityRoute.svelte') },
  { pattern: '/issues/:issue/tags', load: issueTags },
  { pattern: '/issues/:issue/tags/:tag', load: issueTags },
  // The addresses that Sentry's tools build and that `permalink` gives.
  { pattern: '/organizations/:org/issues/:issue', load: issue },
  { pattern: '/organizations/:org/issues/:issue/events', load: issueEvents },
  { pattern: '/organizations/:org/issues/:issue/events/:event', load: issue },
  { pattern: '/search', load: () => import('./SearchRoute.svelte') },
  { pattern: '/compare', load: () => import('./CompareRoute.svelte') },
  { pattern: '/traces/:trace', load: () => import('./TraceRoute.svelte') },
  { pattern: '/releases', load: () => import('./ReleasesRoute.svelte') },
  { pattern: '/releases/:version', load: () => import('./ReleaseRoute.svelte') },
  { pattern: '/releases/:version/verdict', load: () => import('./VerdictRoute.svelte') },
  { pattern: '/traces', load: () => import('./SpansRoute.svelte') },
  { pattern: '/performance', load: () => import('./PerformanceRoute.svelte') },
  { pattern: '/performance/:transaction', load: () => import('./TransactionRoute.svelte') },
  { pattern: '/alerts', load: () => import('./IncidentsRoute.svelte') },
  { pattern: '/alerts/incidents/:incident', load: () => import('./IncidentRoute.svelte') },
  { pattern: '/alerts/rules', load: () => import('./AlertRulesRoute.svelte') },
  { pattern: '/alerts/rules/new', load: () => import('./AlertRuleNewRoute.svelte') },
  { pattern: '/alerts/rules/:rule', load: () => import('./AlertRuleRoute.svelte') },
  { pattern: '/alerts/channels', load: () => import('./ChannelsRoute.svelte') },
  { pattern: '/alerts/deliveries', load: () => import('./DeliveriesRoute.svelte') },
  { pattern: '/projects', load: () => import('./ProjectsRoute.svelte') },
  { pattern: '/projects/new', load: () => import('./ProjectNewRoute.svelte') },
  { pattern: '/projects/:project/settings', load: projectSettings },
  { pattern: '/projects/:project/settings/source-maps', load: () => import('./SourceMapsRoute.svelte') },
  {
    pattern: '/projects/:project/settings/source-maps/:bundle',
    load: () => import('./ArtifactBundleRoute.svelte'),
  },
  { pattern: '/projects/:project/settings/source-links', load: () => import('./SourceLinksRoute.svelte') },
  { pattern: '/projects/:project/settings/:section', load: projectSettings },
  { pattern: '/projects/:project/setup', load: () => import('./ProjectSetupRoute.svelte') },
  { pattern: '/settings/members', load: () => import('./MembersRoute.svelte') },
  { pattern: '/settings/tokens', load: () => import('./TokensRoute.svelte') },
  { pattern: '/settings/account', load: () => import('./AccountRoute.svelte') },
  { pattern: '/settings/notifications', load: () => import('./WishesRoute.svelte') },
  { pattern: '/settings/audit', load: () => import('./AuditRoute.svelte') },
  { pattern: '/status', load: () => import('./HealthRoute.svelte') },
  { pattern: '/setup', load: () => import('./SetupRoute.svelte'), bare: true },
  { pattern: '/invite/:token', load: invite, bare: true },
  // Where the token has been taken out of the address.
  { pattern: '/invite', load: invite, bare: true },
  { pattern: '/login', load: () => import('./SignInRoute.svelte'), bare: true },
];

const NOT_FOUND: Route = { pattern: '', load: () => import('./NotFoundRoute.svelte') };

export function findRoute(path: string): { route: Route; params: PathParams } {
  for (const route of ROUTES) {
    const params = matchPath(route.pattern, path);
    if (params) return { route, params };
  }
  return { route: NOT_FOUND, params: {} };
}
