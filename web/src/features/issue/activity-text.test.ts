import { expect, it } from 'vitest';
import type { Activity } from '$lib/api/types';
import { activityText } from './activity-text';

const ada = {
  id: '1',
  name: 'Ada',
  username: 'ada',
  email: 'ada@example.com',
  role: 'owner',
  isActive: true,
  isSuperuser: true,
  dateJoined: null,
};

const activity = (type: string, data: Activity['data'], user: Activity['user'] = null): Activity => ({
  id: '1',
  type,
  user,
  dateCreated: '2026-11-26T08:00:00Z',
  data,
});

it.each([
  [activity('first_seen', {}), 'First seen'],
  [activity('set_regression', { release: '2.14.3' }), 'Regressed in 2.14.3'],
  [activity('set_regression', { release: null }), 'Regressed'],
  [activity('set_resolved', {}, ada), 'Resolved by Ada'],
  [activity('assigned', { assignee: '2', assigneeName: 'Mia' }, ada), 'Assigned to Mia by Ada'],
  [activity('assigned', { assignee: '2', assigneeName: '' }, ada), 'Assigned to user 2 by Ada'],
  [activity('set_unresolved', { undo: true }, { ...ada, name: '' }), 'Reopened by ada@example.com (undo)'],
  [activity('assigned', { assignee: '1', assigneeName: 'Ada' }, ada), 'Taken by Ada'],
  [
    activity('set_regression', { release: '2.14.3', because: 'Regressed: resolved in 2.14.2' }),
    'Regressed: resolved in 2.14.2',
  ],
  [activity('set_resolved_in_release', { version: 'shop@2.14.3' }, ada), 'Resolved in 2.14.3 by Ada'],
  [
    activity('set_resolved_in_release', { version: '', after: 'shop@2.14.2' }, ada),
    'Resolved in the next release after 2.14.2 by Ada',
  ],
  [activity('set_resolved_in_commit', { commit: '0123456789abcdef' }), 'Resolved by commit 0123456789'],
  [
    activity('set_ignored', { archive: { events: { more: 100, counted: 5 } } }, ada),
    'Archived until 100 more events by Ada',
  ],
  [activity('set_ignored', { until_escalating: true }, ada), 'Archived until it escalates by Ada'],
  [activity('set_ignored', {}, ada), 'Archived by Ada'],
  [activity('came_back', { because: 'Came back: 3 more events' }), 'Came back: 3 more events'],
  [activity('set_priority', { priority: 'high' }), 'Priority set to high'],
  [activity('merge', { issues: [{ id: '2', shortId: 'SHOP-2' }] }, ada), 'Merged with SHOP-2 by Ada'],
  [activity('unmerge_source', { destination: { shortId: 'SHOP-2' } }), 'SHOP-2 was taken out'],
  [activity('unmerge_source', { destination: null }), 'A group was taken out'],
  [activity('unmerge_destination', { source: { shortId: 'SHOP-1' } }), 'Taken out of SHOP-1'],
  [activity('something_new', {}), 'Something new'],
])('%o is told', (one, text) => expect(activityText(one)).toBe(text));
