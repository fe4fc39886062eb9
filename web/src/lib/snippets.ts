/**
 * How a program is set up to send its errors here, one Markdown file a platform in `snippets/`: steps under `##`
 * headings, each with a sentence at most and one block of code. A heading ends in the file's name, where there is one.
 * `tests/suite/settings/snippets.rs` runs some of them as they stand.
 */
export interface Step {
  title: string;
  /** Where the code belongs. */
  file: string | null;
  note: string;
  code: string;
  language: string | null;
}

export interface Guide {
  name: string;
  steps: Step[];
}

/** What stands in for the project's own addresses: `__DSN__` in a snippet is the `dsn`. */
export type Fillings = Record<string, string>;

export interface Addresses extends Fillings {
  dsn: string;
  store: string;
  security: string;
}

/** Where traces go, and with which public key. */
export interface TracingTarget extends Fillings {
  dsn: string;
  traces: string;
  key: string;
}

/** What uploads of source maps need to know. */
export interface UploadTarget extends Fillings {
  url: string;
  org: string;
  project: string;
}

const LANGUAGE_OF_FENCE: Record<string, string> = {
  sh: 'shellscript',
  js: 'typescript',
  ts: 'typescript',
  jsx: 'tsx',
  tsx: 'tsx',
  html: 'typescript',
  groovy: 'java',
};
/** Blocks that no grammar colours. */
const PLAIN = new Set(['xml', 'properties', 'yaml']);

const FILES = import.meta.glob<string>('./snippets/*.md', { query: '?raw', import: 'default' });

const UPLOAD_FILES = import.meta.glob<string>('./upload-snippets/*.md', { query: '?raw', import: 'default' });

const TRACING_FILES = import.meta.glob<string>('./tracing-snippets/*.md', {
  query: '?raw',
  import: 'default',
});

/** What can send traces; each has a guide in `tracing-snippets`. */
export const TRACERS = [
  { value: 'javascript', label: 'JavaScript' },
  { value: 'python', label: 'Python' },
  { value: 'opentelemetry', label: 'OpenTelemetry' },
] as const;

export type Tracer = (typeof TRACERS)[number]['value'];

export const hasGuide = (id: string): boolean => `./snippets/${id}.md` in FILES;

export async function loadGuide(id: string, addresses: Addresses): Promise<Guide> {
  const load = FILES[`./snippets/${id}.md`] ?? FILES['./snippets/other.md'];
  return parseGuide((await load?.()) ?? '', addresses);
}

/** How a build tool uploads what it built. */
export async function loadUploadGuide(id: string, target: UploadTarget): Promise<Guide> {
  return parseGuide((await UPLOAD_FILES[`./upload-snippets/${id}.md`]?.()) ?? '', target);
}

/** How a program is made to send traces. */
export async function loadTracingGuide(id: Tracer, target: TracingTarget): Promise<Guide> {
  return parseGuide((await TRACING_FILES[`./tracing-snippets/${id}.md`]?.()) ?? '', target);
}

export function parseGuide(text: string, fillings: Fillings): Guide {
  const filled = text.replaceAll(
    /__([A-Z]+)__/g,
    (found, name: string) => fillings[name.toLowerCase()] ?? found,
  );
  const [head = '', ...sections] = filled.split(/^## /m);
  return { name: head.replace(/^# /, '').trim(), steps: sections.map(parseStep) };
}

function parseStep(section: string): Step {
  const [heading = '', ...rest] = section.split('\n');
  const [, title = heading, file = null] = /^(.*?)(?:: `(.+)`)?$/.exec(heading.trim()) ?? [];
  const [, before = '', fence = '', code = ''] =
    /^([\s\S]*?)```(\w*)\n([\s\S]*?)\n```/.exec(rest.join('\n')) ?? [];
  const language = LANGUAGE_OF_FENCE[fence] ?? (fence && !PLAIN.has(fence) ? fence : null);
  return { title, file, note: before.trim(), code, language };
}

/** The addresses that a key's DSN stands for. */
export function addressesOf(dsn: string, security: string): Addresses {
  const { username, protocol, host, pathname } = new URL(dsn);
  const cut = pathname.lastIndexOf('/');
  const [base, project] = [pathname.slice(0, cut), pathname.slice(cut + 1)];
  return { dsn, store: `${protocol}//${host}${base}/api/${project}/store/?sentry_key=${username}`, security };
}

/** Where a key's traces go: OpenTelemetry has a route of its own, and takes the key in a header. */
export function tracingTargetOf(dsn: string): TracingTarget {
  const { username, protocol, host, pathname } = new URL(dsn);
  const base = pathname.slice(0, pathname.lastIndexOf('/'));
  return { dsn, traces: `${protocol}//${host}${base}/v1/traces`, key: username };
}
