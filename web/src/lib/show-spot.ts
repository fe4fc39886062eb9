import { spot } from './spot.svelte';

/** A fold opens at once; a part of the page that loads late, or another event, takes longer. */
const FOUND_WITHIN_MS_MAX = 4_000;
const HOVERED = 'data-spot-hovered';
const SHOWN = 'data-spot-shown';
let stopLooking = () => {};

const find = (name: string) =>
  document.querySelector<HTMLElement>(`[data-spot="${CSS.escape(name)}"]`) ??
  (/^[a-z]+$/.test(name) ? document.getElementById(name) : null);

/** Lights what is in sight anyway; the answer puts the light out. */
export function lightSpot(name: string): () => void {
  const element = find(name);
  element?.setAttribute(HOVERED, '');
  return () => element?.removeAttribute(HOVERED);
}

/** Opens what hides a place, scrolls there and leaves it lit until another one is shown. `name` may be a card's id. */
export function showSpot(name: string) {
  stopLooking();
  hideSpot();
  spot.asked = name;
  const show = () => {
    const element = find(name);
    if (!element?.checkVisibility()) return false;
    stopLooking();
    element.setAttribute(SHOWN, '');
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    // A card starts at its head; a row is read with what stands around it.
    const block = element.id === name ? 'start' : 'center';
    element.scrollIntoView({ block, behavior: calm ? 'instant' : 'smooth' });
    return true;
  };
  const observer = new MutationObserver(() => void show());
  const timer = setTimeout(() => stopLooking(), FOUND_WITHIN_MS_MAX);
  stopLooking = () => (clearTimeout(timer), observer.disconnect());
  observer.observe(document.body, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ['data-spot'],
  });
  // After the page has drawn what was asked for.
  requestAnimationFrame(() => void show());
}

export function hideSpot() {
  spot.asked = '';
  for (const element of document.querySelectorAll(`[${SHOWN}]`)) element.removeAttribute(SHOWN);
}
