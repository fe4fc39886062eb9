import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import type { RequestData } from './api/types';
import { fullUrl, toCurl } from './curl';

const request = (sent: Partial<RequestData>): RequestData => ({
  query: [],
  headers: [],
  cookies: [],
  env: {},
  apiTarget: null,
  data: null,
  fragment: null,
  inferredContentType: null,
  method: null,
  url: null,
  ...sent,
});

it('writes a request as a command', () => {
  const command = toCurl(
    request({
      method: 'POST',
      url: 'https://shop.example/api/payment',
      query: [['lang', 'de']],
      headers: [
        ['Accept', 'application/json'],
        ['Content-Length', '12'],
        ['Host', 'shop.example'],
      ],
      cookies: [['theme', 'dark']],
      data: { order: 'ord_1' },
    }),
  );
  expect(command).toBe(
    [
      `curl 'https://shop.example/api/payment?lang=de'`,
      `-X 'POST'`,
      `-H 'Accept: application/json'`,
      `-b 'theme=dark'`,
      `-H 'Content-Type: application/json'`,
      `--data-raw '{"order":"ord_1"}'`,
    ].join(' \\\n  '),
  );
});

it('gives the shell nothing to interpret, whatever the event holds', () => {
  const evil = `'; echo pwned; $(id) \`id\` "\n\\`;
  const command = toCurl(request({ method: 'POST', url: evil, headers: [[evil, evil]], data: evil }));
  const script = `curl() { printf '%s\\0' "$@"; }\n${command}`;
  const args = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
  expect(args).toEqual([evil, '-X', 'POST', '-H', `${evil}: ${evil}`, '--data-raw', evil]);
});

it.each<[Partial<RequestData>, string]>([
  [{ url: '/a', query: [['x', '1']] }, '/a?x=1'],
  [{ url: '/a?y=2', query: [['x', '1 2']] }, '/a?y=2&x=1%202'],
  [{ url: '/a', fragment: 'top' }, '/a#top'],
  [{}, ''],
])('puts the address of %o together', (sent, url) => expect(fullUrl(request(sent))).toBe(url));
