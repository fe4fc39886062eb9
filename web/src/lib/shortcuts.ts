/** Single-key shortcuts. They never fire while somebody types, nor under an open dialog. */
export type Shortcuts = Record<string, (event: KeyboardEvent) => void>;

/** `⌘K` on a Mac, `Ctrl+K` elsewhere: both are named `mod+k`. Letters are lower case. */
export function keyName(event: Pick<KeyboardEvent, 'key' | 'metaKey' | 'ctrlKey' | 'altKey'>): string | null {
  if (event.altKey) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return event.metaKey || event.ctrlKey ? `mod+${key}` : key;
}

/** Belong to the text while somebody types, unlike the other combinations. */
const EDITING = new Set(['mod+z']);

export function listenShortcuts(shortcuts: Shortcuts): () => void {
  const onKey = (event: KeyboardEvent) => {
    const name = keyName(event);
    const handler = name === null || event.defaultPrevented ? undefined : shortcuts[name];
    if (!handler || !name) return;
    const anywhere = name.startsWith('mod+') && !EDITING.has(name);
    if (!anywhere && (isTyping(event.target) || document.querySelector('dialog[open]'))) return;
    event.preventDefault();
    handler(event);
  };
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && !!target.closest('input:not([type=checkbox]), textarea, select');
}
