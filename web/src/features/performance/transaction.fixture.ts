import type { Transaction } from '$lib/api/types';

export const transaction: Transaction = {
  id: '7f3a',
  name: 'POST /api/payment',
  op: 'http.server',
  project: 'shop',
  projectId: 1,
  count: 1_200,
  estimated: 1_200,
  sampleFactor: 1,
  perMinute: 0.83,
  failed: 4,
  failureRate: 4 / 1_200,
  p50Ms: 84,
  p75Ms: 140,
  p95Ms: 412,
  p99Ms: 980,
  apdex: 0.93,
  totalMs: 145_000,
  p95BeforeMs: 400,
  series: { start: '2026-11-26T08:00:00Z', intervalSeconds: 3_600, count: [600, 600], p95Ms: [400, 430] },
};
