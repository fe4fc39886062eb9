/** Where a path of a stack lies in the repository, as far as a prefix alone can say it; the server knows more. */
export function mapPath(path: string, stackRoot: string, sourceRoot: string): string | null {
  if (!path.startsWith(stackRoot)) return null;
  const rest = path.slice(stackRoot.length).replace(/^\/+/, '');
  const root = sourceRoot.replace(/^\/+|\/+$/g, '');
  return rest ? (root ? `${root}/${rest}` : rest) : null;
}
