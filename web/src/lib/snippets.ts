/** What to paste into a program to send its first event. `dsn` comes from the server. */
export interface Snippet {
  id: 'python' | 'node' | 'browser';
  name: string;
  install: string;
  language: string;
  code: string;
}

export function snippets(dsn: string): Snippet[] {
  const quoted = JSON.stringify(dsn);
  return [
    {
      id: 'python',
      name: 'Python',
      install: 'pip install sentry-sdk',
      language: 'python',
      code: `import sentry_sdk

sentry_sdk.init(dsn=${quoted})

raise ValueError("Hello, LightTrace")`,
    },
    {
      id: 'node',
      name: 'Node',
      install: 'npm install @sentry/node',
      language: 'typescript',
      code: `import * as Sentry from '@sentry/node';

Sentry.init({ dsn: ${quoted} });

setTimeout(() => {
  throw new Error('Hello, LightTrace');
});`,
    },
    {
      id: 'browser',
      name: 'Browser',
      install: 'npm install @sentry/browser',
      language: 'typescript',
      code: `import * as Sentry from '@sentry/browser';

Sentry.init({ dsn: ${quoted} });

setTimeout(() => {
  throw new Error('Hello, LightTrace');
});`,
    },
  ];
}

/** The snippet that fits a project's platform best. */
export function snippetFor(platform: string | null | undefined): Snippet['id'] {
  if (platform?.startsWith('node')) return 'node';
  return platform?.startsWith('javascript') || platform === 'browser' ? 'browser' : 'python';
}
