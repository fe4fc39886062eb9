import { lit } from '$lib/lit.svelte';

/** What is pointed at is drawn once its event has arrived and its fold has opened; later than this, nobody waits for it. */
const WAIT_MS_MAX = 5_000;

const find = (point: string) => document.querySelector<HTMLElement>(`[data-point="${CSS.escape(point)}"]`);

function show(element: HTMLElement) {
  element.scrollIntoView({ block: 'center', inline: 'nearest' });
  // Whoever reads with the keyboard or a screen reader goes on from there.
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

/** Brings a frame or breadcrumb into sight, now or once it is drawn; the answer gives up on it. */
export function showPoint(point: string): () => void {
  const giveUp = () => (observer.disconnect(), clearTimeout(timer));
  const look = () => {
    const element = find(point);
    if (!element) return;
    giveUp();
    // Its fold opens in the same turn.
    requestAnimationFrame(() => show(element));
  };
  const observer = new MutationObserver(look);
  const timer = setTimeout(giveUp, WAIT_MS_MAX);
  observer.observe(document.body, { subtree: true, childList: true });
  look();
  return giveUp;
}

/** As an effect: whatever the address points at is shown. */
export function followPoint(): (() => void) | undefined {
  return lit.point ? showPoint(lit.point) : undefined;
}
