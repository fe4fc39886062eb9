// The page under test: a shop whose checkout button fails. Bundled with the real @sentry/browser.
import * as Sentry from "@sentry/browser";

const { dsn, release, mode } = window.reportSettings;

Sentry.init({ dsn, release, environment: "staging", tracesSampleRate: mode === "transaction" ? 1.0 : 0 });

class PaymentDeclined extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = "PaymentDeclined";
  }
}

function openGatewayConnection() {
  throw new RangeError("gateway answered 502");
}

function chargeCardWithGateway(amount) {
  try {
    openGatewayConnection(amount);
  } catch (cause) {
    throw new PaymentDeclined(`Card declined for ${amount} EUR`, { cause });
  }
}

function checkoutShoppingCart() {
  chargeCardWithGateway(42.5);
}

async function onCheckoutClicked() {
  // Left to itself the SDK turns these into breadcrumbs: console, fetch.
  console.info("cart loaded with 3 items");
  const askGateway = () => fetch("/gateway/charge", { method: "POST" });
  await (mode === "transaction" ? Sentry.startSpan({ name: "POST /checkout", op: "http.client" }, askGateway) : askGateway());
  Sentry.addBreadcrumb({ category: "cart", message: "voucher quetzalcoatl applied", level: "debug" });
  if (mode === "message") Sentry.captureMessage("stock is low for sku 8812", "warning");
  // In a task of its own the error reaches `window.onerror`, as an unhandled one does.
  else setTimeout(checkoutShoppingCart);
}

Sentry.setUser({ id: "4711", email: "ada@example.com", username: "ada" });
Sentry.setTag("tenant", "acme");
Sentry.setTag("plan", "gold");
Sentry.setContext("cart", { items: 3, currency: "EUR" });
document.getElementById("checkout").addEventListener("click", onCheckoutClicked);

/** The driver waits for this: everything captured has left the browser. */
window.flushReports = () => Sentry.flush(10_000);
