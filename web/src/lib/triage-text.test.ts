import { expect, it } from 'vitest';
import type { IssueEdit } from './api/triage';
import { editText } from './triage-text';

const archived = (statusDetails: IssueEdit['statusDetails']): IssueEdit => ({
  status: 'ignored',
  substatus: 'archived_until_condition_met',
  statusDetails,
});

it.each<[IssueEdit, string]>([
  [{ status: 'resolved' }, 'resolved'],
  [{ status: 'resolved', statusDetails: { inNextRelease: true } }, 'resolved in the next release'],
  [{ status: 'resolved', statusDetails: { inRelease: 'shop@2.14.3' } }, 'resolved in 2.14.3'],
  [{ status: 'resolved', statusDetails: { inRelease: 'latest' } }, 'resolved in the latest release'],
  [
    {
      status: 'resolved',
      statusDetails: { inCommit: { commit: '0123456789abcdef', repository: 'acme/shop' } },
    },
    'resolved by commit 0123456789',
  ],
  [{ status: 'ignored', substatus: 'archived_until_escalating' }, 'archived until it escalates'],
  [{ status: 'ignored', substatus: 'archived_forever' }, 'archived'],
  [archived({ ignoreDuration: 480 }), 'archived for 8 h'],
  [archived({ ignoreCount: 1 }), 'archived until 1 more event'],
  [archived({ ignoreCount: 100, ignoreWindow: 60 }), 'archived until 100 more events within 1 h'],
  [archived({ ignoreUserCount: 1 }), 'archived until 1 more person met it'],
  [
    archived({ ignoreUserCount: 20, ignoreUserWindow: 1440 }),
    'archived until 20 more people met it within 1 d',
  ],
  [{ status: 'unresolved' }, 'reopened'],
  [{ priority: 'high' }, 'set to high priority'],
  [{ isBookmarked: true }, 'bookmarked'],
  [{}, ''],
])('%o is told', (edit, text) => expect(editText(edit)).toBe(text));
