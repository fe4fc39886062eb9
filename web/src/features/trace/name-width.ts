/** How wide the column of names is, in pixels: remembered by the browser, as it depends on the screen. */
const STORED_AS = 'lighttrace-trace-names';
export const NAME_PX_MIN = 160;
export const NAME_PX_MAX = 720;
const NAME_PX = 400;

export const fitNameWidth = (px: number): number =>
  Number.isFinite(px) ? Math.round(Math.max(NAME_PX_MIN, Math.min(NAME_PX_MAX, px))) : NAME_PX;

export function readNameWidth(): number {
  try {
    return fitNameWidth(Number(localStorage.getItem(STORED_AS) ?? NAME_PX));
  } catch {
    return NAME_PX;
  }
}

export function keepNameWidth(px: number) {
  try {
    localStorage.setItem(STORED_AS, String(px));
  } catch {
    // Storage may be forbidden: the width then lasts as long as the page.
  }
}
