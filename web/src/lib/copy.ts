import { toasts } from './toasts.svelte';

/** Whether it lies on the clipboard now; where the browser does not allow it, that is said. */
export async function copyText(text: string, said = ''): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    if (said) toasts.show(said);
    return true;
  } catch {
    toasts.show('The browser does not allow copying here. HTTPS or localhost is needed.', { tone: 'error' });
    return false;
  }
}
