import * as Sentry from "@sentry/browser";

import { checkOut } from "./checkout";

declare global {
  interface Window {
    shop: { dsn: string; release?: string };
  }
}

Sentry.init({ dsn: window.shop.dsn, release: window.shop.release });

// Used twice, it stays a function of its own in every minifier's hands.
Object.assign(window, { checkOut });

const button = document.querySelector<HTMLButtonElement>("#checkout");
button?.addEventListener("click", async () => {
  const numbers = await checkOut({ id: "A-17", cents: 4_250, currency: "EUR" });
  button.textContent = numbers.join();
});
