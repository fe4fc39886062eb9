const GAP_PX = 4;
const EDGE_PX = 8;

/**
 * Puts a popover under its button, or above it where there is more room; never beyond the window's edge, so one that is
 * taller than the room scrolls.
 */
export function placePopover(popover: HTMLElement, button: HTMLElement, align: 'start' | 'end') {
  const at = button.getBoundingClientRect();
  const width = document.documentElement.clientWidth;
  popover.style.maxHeight = '';
  const roomBelow = innerHeight - at.bottom - GAP_PX - EDGE_PX;
  const roomAbove = at.top - GAP_PX - EDGE_PX;
  const below = popover.offsetHeight <= roomBelow || roomBelow >= roomAbove;
  popover.style.top = below ? `${at.bottom + GAP_PX}px` : 'auto';
  popover.style.bottom = below ? 'auto' : `${innerHeight - at.top + GAP_PX}px`;
  popover.style.maxHeight = `${below ? roomBelow : roomAbove}px`;
  popover.style.overflowY = 'auto';
  const wanted = align === 'start' ? at.left : at.right - popover.offsetWidth;
  const last = width - popover.offsetWidth - EDGE_PX;
  popover.style.left = `${Math.max(EDGE_PX, Math.min(wanted, last))}px`;
}

/** A popover stands still while the page moves under it: then it closes. The answer stops that. */
export function closeOnScroll(popover: HTMLElement): () => void {
  const close = (event: Event) => {
    if (!(event.target instanceof Node && popover.contains(event.target))) popover.hidePopover();
  };
  addEventListener('scroll', close, { capture: true, passive: true });
  return () => removeEventListener('scroll', close, { capture: true });
}
