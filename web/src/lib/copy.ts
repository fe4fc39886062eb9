import { toasts } from './toasts.svelte';

const PLAIN = 'text/plain';

/**
 * Whether it lies on the clipboard now; where the browser does not allow it, or it could not be had, that is said. What is
 * still being fetched is given as it is: browsers do not let a page wait between a click and copying.
 */
export async function copyText(text: string | Promise<string>, said = ''): Promise<boolean> {
  try {
    await write(text);
    if (said) toasts.show(said);
    return true;
  } catch {
    try {
      await text;
      toasts.show('The browser does not allow copying here. HTTPS or localhost is needed.', {
        tone: 'error',
      });
    } catch (cause) {
      toasts.fail(cause, 'It could not be copied');
    }
    return false;
  }
}

function write(text: string | Promise<string>): Promise<void> {
  if (typeof text === 'string') return navigator.clipboard.writeText(text);
  const blob = text.then((whole) => new Blob([whole], { type: PLAIN }));
  return navigator.clipboard.write([new ClipboardItem({ [PLAIN]: blob })]);
}
