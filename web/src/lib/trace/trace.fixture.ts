import type { WaterfallRows, Waterfall } from '$lib/api/trace-types';
import { FLAG } from './trace';

interface FixtureSpan {
  op: string;
  name: string;
  description?: string;
  service: number;
  start: number;
  duration: number;
  flags?: number;
  id?: string;
  children?: FixtureSpan[];
}

const SERVICES = ['web', 'gateway', 'checkout', 'auth-service', 'payments'];
const COLUMNS = 'id parent depth descendants service start duration op name description flags'.split(' ');

const noRows = () => Object.fromEntries(COLUMNS.map((name) => [name, []])) as unknown as WaterfallRows;

/** A trace out of nested spans, as the server would send it. */
export function waterfallOf(roots: FixtureSpan[], change: Partial<Waterfall> = {}): Waterfall {
  const words: string[] = [''];
  const places = new Map([['', 0]]);
  const rows = noRows();
  const wordOf = (text: string) => {
    const known = places.get(text);
    if (known !== undefined) return known;
    places.set(text, words.push(text) - 1);
    return words.length - 1;
  };
  const add = (span: FixtureSpan, parent: number, depth: number) => {
    const row = rows.id.length;
    const gap = ((span.flags ?? 0) & FLAG.gap) !== 0;
    rows.id.push(gap ? '' : (span.id ?? (row + 1).toString(16).padStart(16, '0')));
    rows.parent.push(parent);
    rows.depth.push(depth);
    rows.descendants.push(0);
    rows.service.push(span.service);
    rows.start.push(span.start);
    rows.duration.push(span.duration);
    rows.op.push(wordOf(span.op));
    rows.name.push(wordOf(span.name));
    rows.description.push(wordOf(span.description ?? ''));
    rows.flags.push(span.flags ?? 0);
    for (const child of span.children ?? []) add(child, row, depth + 1);
    rows.descendants[row] = rows.id.length - 1 - row;
  };
  for (const root of roots) add(root, -1, 0);
  const end = rows.start.map((start, row) => start + (rows.duration[row] ?? 0));
  return {
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    start: '2026-11-27T02:14:07.120000Z',
    durationUs: end.reduce((latest, one) => Math.max(latest, one), 0),
    spanCount: rows.id.filter(Boolean).length,
    truncated: false,
    services: SERVICES.map((name, service) => ({
      name,
      project: name,
      projectId: service + 1,
      platform: service === 0 ? 'javascript' : 'python',
      spans: rows.service.filter((one) => one === service).length,
      errors: 0,
      skewUs: null,
    })),
    words,
    rows,
    errors: [],
    logs: [],
    logsTotal: 0,
    vitals: [],
    ...change,
  };
}

const { error, segment, critical, orphan, gap, shifted, breaksOut, cycle } = FLAG;

/** A checkout over five services, with one of everything that can be odd about a span. */
export function checkoutWaterfall(): Waterfall {
  const span = (
    service: number,
    op: string,
    name: string,
    [start, duration]: [number, number],
    flags = 0,
    children: FixtureSpan[] = [],
  ): FixtureSpan => ({ service, op, name, start, duration, flags, children });
  const token = span(
    3,
    'http.server',
    'GET /token',
    [402_000, 61_000],
    segment | critical | error | shifted,
    [
      span(3, 'db.redis', 'GET session:8812', [404_000, 1_900], shifted),
      span(3, 'function', 'verify_signature', [409_000, 48_000], critical | shifted),
    ],
  );
  const payment = span(4, 'http.server', 'POST /charge', [520_000, 980_000], segment | critical, [
    span(4, 'db.query', 'SELECT * FROM cards WHERE customer_id = $1', [528_000, 22_000]),
    span(4, 'gap', '', [550_000, 310_000], gap),
    span(4, 'http.client', 'POST https://api.bank.example/v2/charges', [860_000, 610_000], critical),
    span(4, 'queue.publish', 'charge.created', [1_480_000, 190_000], breaksOut),
  ]);
  const checkout = span(2, 'http.server', 'POST /api/payment', [61_000, 1_520_000], segment | critical, [
    span(2, 'db.query', 'SELECT * FROM carts WHERE id = $1', [70_000, 38_000], critical),
    span(2, 'cache.get', 'prices:eu', [112_000, 2_400]),
    ...Array.from({ length: 6 }, (_, at) =>
      span(
        2,
        'db.query',
        'SELECT stock FROM items WHERE sku = $1',
        [120_000 + at * 41_000, 38_000],
        critical,
      ),
    ),
    span(2, 'http.client', 'GET http://auth/token', [396_000, 72_000], critical | error, [token]),
    span(2, 'http.client', 'POST http://payments/charge', [512_000, 1_000_000], critical, [payment]),
  ]);
  const roots = [
    span(0, 'pageload', '/checkout', [0, 1_840_000], segment | critical, [
      span(0, 'resource.script', '/assets/checkout-3f9a.js', [4_000, 44_000]),
      span(0, 'http.client', 'POST /api/payment', [50_000, 1_560_000], critical, [
        span(1, 'http.server', 'POST /api/payment', [56_000, 1_540_000], segment | critical, [
          span(1, 'middleware', 'rate limit', [57_000, 900]),
          checkout,
        ]),
      ]),
      span(0, 'ui.render', 'CheckoutSummary', [1_625_000, 96_000], critical),
      span(0, 'ui.react.update', 'CheckoutSummary', [1_730_000, 30_000], cycle),
    ]),
    span(2, 'queue.process', 'order.confirm', [1_500_000, 120_000], segment | orphan),
  ];
  const waterfall = waterfallOf(roots);
  const rowOf = (name: string) => waterfall.rows.name.findIndex((word) => waterfall.words[word] === name);
  const auth = waterfall.services[3];
  if (auth) Object.assign(auth, { skewUs: 12_400, errors: 1 });
  const issue = { level: 'error', project: 'auth-service' };
  return {
    ...waterfall,
    errors: [
      {
        ...issue,
        row: rowOf('GET /token'),
        eventId: 'c4ca4238a0b923820dcc509a6f75849b',
        issueId: '7',
        shortId: 'AUTH-7',
        title: 'TokenExpired: the key of 12 November is no longer trusted',
        offsetUs: 458_000,
      },
      {
        ...issue,
        row: -1,
        eventId: 'c81e728d9d4c2f636f067f89cc14862c',
        issueId: '9',
        shortId: 'CHECKOUT-9',
        title: 'Warning: retry without idempotency key',
        level: 'warning',
        project: 'checkout',
        offsetUs: 1_510_000,
      },
    ],
    logs: [
      {
        row: rowOf('GET /token'),
        offsetUs: 410_000,
        level: 'info',
        body: 'key kid=2026-11-12 requested',
        service: 3,
      },
      {
        row: rowOf('GET /token'),
        offsetUs: 457_000,
        level: 'error',
        body: 'signature refused: key retired',
        service: 3,
      },
      {
        row: rowOf('POST /charge'),
        offsetUs: 1_470_000,
        level: 'warn',
        body: 'bank answered after 610 ms',
        service: 4,
      },
    ],
    logsTotal: 3,
    vitals: [
      { name: 'lcp', value: 1_840, unit: 'millisecond', rating: 'good' },
      { name: 'inp', value: 312, unit: 'millisecond', rating: 'needs_improvement' },
      { name: 'cls', value: 0.31, unit: '', rating: 'poor' },
      { name: 'ttfb', value: 61, unit: 'millisecond', rating: 'good' },
    ],
  };
}

const OPS = ['db.query', 'http.client', 'cache.get', 'function', 'queue.publish'];

/** As many rows as asked for, four deep, the same every time. */
export function largeWaterfall(count: number): Waterfall {
  let seed = 7;
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  let left = count - 1;
  const spans = (depth: number, from: number, to: number): FixtureSpan[] => {
    const made: FixtureSpan[] = [];
    const many = depth === 1 ? left : Math.floor(random() * 6);
    const step = (to - from) / Math.max(1, depth === 1 ? count / 27 : many);
    for (let at = 0; at < many && left > 0; at += 1) {
      left -= 1;
      const start = Math.min(to, Math.round(from + at * step));
      const duration = Math.round(step * (0.3 + random() * 0.6));
      const service = (depth + at) % SERVICES.length;
      const op = OPS[Math.floor(random() * OPS.length)] ?? 'function';
      made.push({
        op,
        name: `${op} ${Math.floor(random() * 40)}`,
        description: `SELECT * FROM table_${Math.floor(random() * 90)} WHERE id = $1`,
        service,
        start,
        duration,
        flags: (random() < 0.02 ? error : 0) | (random() < 0.1 ? critical : 0),
        children: depth < 4 ? spans(depth + 1, start, start + duration) : [],
      });
    }
    return made;
  };
  const children = spans(1, 0, 30_000_000);
  return waterfallOf([
    {
      op: 'task',
      name: 'nightly import',
      service: 0,
      start: 0,
      duration: 30_000_000,
      flags: segment | critical,
      children,
    },
  ]);
}
