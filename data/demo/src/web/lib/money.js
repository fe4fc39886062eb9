const formats = new Map();

function formatOf(currency, locale) {
  const key = `${locale} ${currency}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.NumberFormat(locale, { style: "currency", currency }));
  }
  return formats.get(key);
}

/** Prices are in cents everywhere but on the screen. */
export function formatMoney(cents, currency, locale) {
  const format = formatOf(currency, locale);
  return format.format(cents / 100);
}
