/** Platforms to choose from for a new project; any SDK can send to any project all the same. */
export interface Platform {
  /** As Sentry calls it; also the name of its guide in `lib/snippets`. */
  value: string;
  label: string;
  group: 'Web' | 'Server' | 'Mobile' | 'Other';
  /** Stands for a logo. */
  mark: string;
  /** What else people type. */
  also?: string;
}

export const PLATFORMS: Platform[] = [
  { value: 'javascript', label: 'Browser', group: 'Web', mark: 'JS', also: 'javascript typescript vanilla' },
  { value: 'javascript-react', label: 'React', group: 'Web', mark: 'Re', also: 'javascript vite' },
  { value: 'javascript-nextjs', label: 'Next.js', group: 'Web', mark: 'Nx', also: 'javascript react' },
  { value: 'javascript-vue', label: 'Vue', group: 'Web', mark: 'Vu', also: 'javascript' },
  { value: 'javascript-svelte', label: 'Svelte', group: 'Web', mark: 'Sv', also: 'javascript' },
  { value: 'javascript-sveltekit', label: 'SvelteKit', group: 'Web', mark: 'SK', also: 'javascript' },
  { value: 'javascript-angular', label: 'Angular', group: 'Web', mark: 'Ng', also: 'javascript' },
  { value: 'node', label: 'Node.js', group: 'Server', mark: 'No', also: 'javascript typescript bun' },
  { value: 'node-express', label: 'Express', group: 'Server', mark: 'Ex', also: 'node javascript' },
  { value: 'python', label: 'Python', group: 'Server', mark: 'Py' },
  { value: 'python-django', label: 'Django', group: 'Server', mark: 'Dj', also: 'python' },
  { value: 'python-flask', label: 'Flask', group: 'Server', mark: 'Fl', also: 'python' },
  { value: 'python-fastapi', label: 'FastAPI', group: 'Server', mark: 'FA', also: 'python starlette' },
  { value: 'go', label: 'Go', group: 'Server', mark: 'Go', also: 'golang' },
  { value: 'java', label: 'Java', group: 'Server', mark: 'Ja', also: 'kotlin jvm' },
  { value: 'java-spring-boot', label: 'Spring Boot', group: 'Server', mark: 'SB', also: 'java kotlin' },
  { value: 'php', label: 'PHP', group: 'Server', mark: 'Ph' },
  { value: 'php-laravel', label: 'Laravel', group: 'Server', mark: 'La', also: 'php' },
  { value: 'ruby', label: 'Ruby', group: 'Server', mark: 'Rb' },
  { value: 'ruby-rails', label: 'Rails', group: 'Server', mark: 'RR', also: 'ruby on rails' },
  { value: 'dotnet', label: '.NET', group: 'Server', mark: 'C#', also: 'csharp dotnet' },
  { value: 'dotnet-aspnetcore', label: 'ASP.NET Core', group: 'Server', mark: 'As', also: 'csharp dotnet' },
  { value: 'rust', label: 'Rust', group: 'Server', mark: 'Rs' },
  { value: 'android', label: 'Android', group: 'Mobile', mark: 'An', also: 'kotlin java' },
  { value: 'apple-ios', label: 'iOS', group: 'Mobile', mark: 'iO', also: 'swift apple macos cocoa' },
  { value: 'react-native', label: 'React Native', group: 'Mobile', mark: 'RN', also: 'javascript expo' },
  { value: 'flutter', label: 'Flutter', group: 'Mobile', mark: 'Ft', also: 'dart' },
  { value: 'other', label: 'Something else', group: 'Other', mark: '…', also: 'c c++ native elixir' },
];

/** What events and older projects call them. */
const ALSO_CALLED: Record<string, string> = {
  browser: 'javascript',
  csharp: 'dotnet',
  cocoa: 'apple-ios',
  objc: 'apple-ios',
  swift: 'apple-ios',
  kotlin: 'java',
  dart: 'flutter',
};

/** The closest one there is; `node-koa` is Node.js. */
export function platformOf(name: string | null | undefined): Platform | undefined {
  if (!name) return undefined;
  const wanted = ALSO_CALLED[name] ?? name;
  const family = wanted.split('-')[0];
  return PLATFORMS.find(({ value }) => value === wanted) ?? PLATFORMS.find(({ value }) => value === family);
}

/** As a person reads it: `python-celery` is Python (celery); a name that nobody knows stays as it is. */
export const platformName = (name: string | null | undefined): string => {
  const exact = PLATFORMS.find(({ value }) => value === (ALSO_CALLED[name ?? ''] ?? name));
  if (exact || !name) return exact?.label ?? '';
  const family = platformOf(name);
  return family ? `${family.label} (${name.slice(name.indexOf('-') + 1)})` : name;
};

export function findPlatforms(typed: string): Platform[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return PLATFORMS.filter(({ value, label, also }) => {
    const text = `${label} ${value} ${also ?? ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
