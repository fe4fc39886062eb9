/** An address that a link may lead to: only `http` and `https` run no script, whoever wrote it. */
export function safeHref(address: string | null | undefined): string | null {
  if (!address) return null;
  try {
    const { protocol, href } = new URL(address);
    return protocol === 'https:' || protocol === 'http:' ? href : null;
  } catch {
    return null;
  }
}
