/** Platforms to choose from for a new project; any SDK can send to any project all the same. */
export const PLATFORMS = [
  { value: 'python', label: 'Python' },
  { value: 'node', label: 'Node.js' },
  { value: 'javascript', label: 'Browser JavaScript' },
  { value: 'go', label: 'Go' },
  { value: 'java', label: 'Java, Kotlin' },
  { value: 'csharp', label: '.NET' },
  { value: 'php', label: 'PHP' },
  { value: 'ruby', label: 'Ruby' },
  { value: 'rust', label: 'Rust' },
  { value: 'native', label: 'C, C++' },
  { value: 'cocoa', label: 'Swift, Objective-C' },
  { value: 'other', label: 'Something else' },
];

export const platformName = (platform: string | null | undefined): string =>
  PLATFORMS.find(({ value }) => value === platform)?.label ?? platform ?? '';
