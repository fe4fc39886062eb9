import { expect, it } from 'vitest';
import type { AuditRow } from '$lib/api/types';
import { auditKind, auditWho, auditWords } from './audit-text';

const row = (change: Partial<AuditRow>): AuditRow => ({
  id: '1',
  actor: null,
  actorLabel: 'ada@example.com',
  token: null,
  event: 'member.invite',
  note: 'bob@example.com',
  data: {},
  ipAddress: null,
  dateCreated: '2026-11-26T12:00:00Z',
  ...change,
});

it.each([
  [row({}), 'ada@example.com invited bob@example.com'],
  [row({ event: 'auth.sign-in', note: 'ada@example.com' }), 'ada@example.com signed in '],
  [row({ event: 'user.edit', note: 'ada@example.com' }), 'ada@example.com changed their name '],
  [
    row({ actorLabel: '', event: 'auth.sign-in-failed' }),
    'Somebody unknown failed to sign in as bob@example.com',
  ],
  [row({ event: 'auth.sign-out', note: 'curl/8' }), 'ada@example.com signed out of curl/8'],
  [row({ event: 'new.thing', note: 'x' }), 'ada@example.com new.thing x'],
])('says who did what', (shown, text) => {
  const { verb, target } = auditWords(shown);
  expect(`${auditWho(shown)} ${verb} ${target}`).toBe(text);
});

it.each([
  ['api-key.create', 'API token: create'],
  ['auth.sign-in-failed', 'Account: sign in failed'],
  ['member.invite', 'Member: invite'],
  ['new-thing.done', 'New thing: done'],
])('names the kind %s', (event, text) => {
  expect(auditKind(event)).toBe(text);
});
