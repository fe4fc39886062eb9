import type { Breadcrumb } from './api/types';

/** A breadcrumb in one line: its words, and what else it carried. */
export interface CrumbText {
  text: string;
  rest: [string, unknown][];
  failed: boolean;
}

const HTTP_KEYS = new Set(['method', 'url', 'status_code', 'reason']);

const isHttp = (crumb: Breadcrumb) =>
  crumb.type === 'http' || ['http', 'xhr', 'fetch', 'httplib', 'requests'].includes(crumb.category ?? '');

const plain = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

export function crumbText(crumb: Breadcrumb): CrumbText {
  const data = Object.entries(crumb.data ?? {});
  const failed = crumb.level === 'error' || crumb.level === 'fatal' || statusCode(crumb) >= 400;
  const url = plain(crumb.data?.url);
  if (isHttp(crumb) && url) {
    const status = statusCode(crumb);
    const reason = [plain(crumb.data?.reason), crumb.message ?? ''].filter(Boolean).join(' ');
    const text = [plain(crumb.data?.method).toUpperCase(), url, status ? `→ ${status}` : '', reason];
    return {
      text: text.filter(Boolean).join(' '),
      rest: data.filter(([key]) => !HTTP_KEYS.has(key)),
      failed,
    };
  }
  if (crumb.type === 'navigation' && (crumb.data?.to || crumb.data?.from)) {
    const text = [plain(crumb.data.from), plain(crumb.data.to)].filter(Boolean).join(' → ');
    return { text, rest: data.filter(([key]) => key !== 'from' && key !== 'to'), failed };
  }
  return { text: crumb.message ?? '', rest: data, failed };
}

function statusCode(crumb: Breadcrumb): number {
  return isHttp(crumb) ? Number(crumb.data?.status_code ?? 0) || 0 : 0;
}

/** What a breadcrumb is filtered by: the first word of its category, its type without one. */
export function crumbKind(crumb: Breadcrumb): string {
  return crumb.category?.split('.')[0] || crumb.type || 'default';
}

/** The last one that failed: most likely what led to the crash. */
export function findCulprit(crumbs: Breadcrumb[]): Breadcrumb | undefined {
  return crumbs.findLast((crumb) => crumbText(crumb).failed);
}
