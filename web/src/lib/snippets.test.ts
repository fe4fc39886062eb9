import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LANGUAGES } from './languages';
import {
  addressesOf,
  hasGuide,
  loadTracingGuide,
  loadUploadGuide,
  parseGuide,
  TRACERS,
  tracingTargetOf,
} from './snippets';
import { UPLOAD_TOOLS } from './upload-tools';

const DSN = 'https://0123456789abcdef0123456789abcdef@errors.example.com/base/7';
const addresses = addressesOf(DSN, 'https://errors.example.com/base/api/7/security/');
const folder = new URL('./snippets/', import.meta.url);
const names = readdirSync(folder).map((file) => file.replace('.md', ''));

describe('guides', () => {
  it('know where a DSN leads', () => {
    expect(addresses.store).toBe(
      'https://errors.example.com/base/api/7/store/?sentry_key=0123456789abcdef0123456789abcdef',
    );
  });

  it('are parsed into steps', () => {
    const text =
      '# Go\n\n## Install\n\n```sh\ngo get x\n```\n\n## Start it: `main.go`\n\nFirst.\n\n```go\nx("__DSN__")\n```\n';
    expect(parseGuide(text, addresses)).toEqual({
      name: 'Go',
      steps: [
        { title: 'Install', file: null, note: '', code: 'go get x', language: 'shellscript' },
        { title: 'Start it', file: 'main.go', note: 'First.', code: `x("${DSN}")`, language: 'go' },
      ],
    });
  });

  it.each(names)('%s is whole', (name) => {
    const guide = parseGuide(readFileSync(new URL(`${name}.md`, folder), 'utf8'), addresses);
    expect(hasGuide(name)).toBe(true);
    expect(guide.name).not.toBe('');
    expect(guide.steps.length).toBeGreaterThanOrEqual(3);
    for (const step of guide.steps) {
      expect(step.code, step.title).not.toBe('');
      expect(step.code).not.toMatch(/__(DSN|STORE|SECURITY)__/);
      if (step.language) expect([...LANGUAGES]).toContain(step.language);
    }
    expect(guide.steps.some(({ code }) => code.includes(DSN))).toBe(true);
  });
});

describe('guides to uploads', () => {
  const folder = new URL('./upload-snippets/', import.meta.url);
  const target = { url: 'https://errors.example.com/base', org: 'acme', project: 'shop' };

  it.each(UPLOAD_TOOLS)('$label is whole', async ({ value }) => {
    const guide = await loadUploadGuide(value, target);
    const text = guide.steps.map(({ code }) => code).join('\n');
    expect(guide.steps.length).toBeGreaterThanOrEqual(2);
    for (const part of Object.values(target)) expect(text).toContain(part);
    expect(text).toContain('SENTRY_AUTH_TOKEN');
    expect(text).not.toMatch(/__[A-Z]+__/);
    for (const { language } of guide.steps) if (language) expect([...LANGUAGES]).toContain(language);
  });

  it('are all offered', () => {
    const offered = UPLOAD_TOOLS.map(({ value }) => `${value}.md`);
    expect(readdirSync(folder).sort()).toEqual(offered.sort());
  });
});

describe('guides to tracing', () => {
  const folder = new URL('./tracing-snippets/', import.meta.url);
  const target = tracingTargetOf(DSN);

  it('know where OpenTelemetry’s traces go', () => {
    expect(target.traces).toBe('https://errors.example.com/base/v1/traces');
    expect(target.key).toBe('0123456789abcdef0123456789abcdef');
  });

  it.each(TRACERS)('$label is whole', async ({ value }) => {
    const guide = await loadTracingGuide(value, target);
    expect(guide.steps.length).toBeGreaterThanOrEqual(1);
    for (const { code, language } of guide.steps) {
      expect(code).toContain(target.key);
      expect(code).not.toMatch(/__[A-Z]+__/);
      if (language) expect([...LANGUAGES]).toContain(language);
    }
  });

  it('are all offered', () => {
    const offered = TRACERS.map(({ value }) => `${value}.md`);
    expect(readdirSync(folder).sort()).toEqual(offered.sort());
  });
});
