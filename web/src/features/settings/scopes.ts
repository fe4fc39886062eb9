/** What tokens are made for. Each set is cut to what its maker may do. */
export const PURPOSES = [
  {
    value: 'read',
    label: 'Read only',
    note: 'Dashboards, exports, assistants.',
    scopes: ['event:read', 'org:read', 'project:read', 'member:read', 'team:read'],
  },
  {
    value: 'triage',
    label: 'Work on issues',
    note: 'Reads, and resolves, assigns and comments.',
    scopes: ['event:read', 'event:write', 'org:read', 'project:read', 'member:read', 'team:read'],
  },
  {
    value: 'ci',
    label: 'Builds and deploys',
    note: 'What sentry-cli asks for: releases and source maps.',
    scopes: ['org:read', 'project:read', 'project:releases'],
  },
  { value: 'own', label: 'Choose scopes', note: undefined, scopes: [] },
] as const;

export type Purpose = (typeof PURPOSES)[number]['value'];

export const SCOPES = ['event', 'project', 'org', 'member', 'team'].flatMap((kind) => [
  `${kind}:read`,
  `${kind}:write`,
  `${kind}:admin`,
  ...(kind === 'project' ? ['project:releases'] : []),
  ...(kind === 'org' ? ['org:ci'] : []),
]);

/** Days until a token expires; none for never. */
export const LIFETIMES = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: '1 year' },
  { value: '', label: 'Never' },
];
