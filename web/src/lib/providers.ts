/** Where repositories lie. */
export const PROVIDERS = [
  { value: 'github', label: 'GitHub' },
  { value: 'gitlab', label: 'GitLab' },
  { value: 'bitbucket', label: 'Bitbucket' },
  { value: 'gitea', label: 'Gitea, Forgejo' },
  { value: 'custom', label: 'Something else' },
];

/** What the address of a repository says by itself: its provider by its host, its name by its path. */
export function repositoryOf(address: string): { provider: string | null; name: string; url: string } | null {
  let url: URL;
  try {
    url = new URL(address.trim());
  } catch {
    return null;
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  const path = url.pathname.replace(/\/+$/, '').replace(/\.git$/, '');
  const name = path.replace(/^\/+/, '');
  if (!name) return null;
  const provider = ['github', 'gitlab', 'bitbucket', 'gitea'].find((known) => url.hostname.includes(known));
  const forge = /(?:forgejo|codeberg)/.test(url.hostname) ? 'gitea' : null;
  return { provider: provider ?? forge, name, url: url.origin + path };
}
