const DAY_MS = 86_400_000;
const NAMES = ["today", "tomorrow"];

export function relativeDay(date, now) {
  const days = Math.round((new Date(date) - now) / DAY_MS);
  return NAMES[days] ?? `in ${days} days`;
}

export function pickupSlot(store, now) {
  const opening = new Date(`${now.toISOString().slice(0, 10)}T${store.opens}${store.utcOffset}`);
  return opening.toISOString();
}
