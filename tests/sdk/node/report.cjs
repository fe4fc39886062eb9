// One Node program for every generation of the SDK: SENTRY_MODULE names the package to load.
// It fails in a checkout the way real programs do and prints, as one JSON line, what it sent.
"use strict";

const sdkModule = process.env.SENTRY_MODULE || "@sentry/node";
const Sentry = require(sdkModule);
const once = require("once");

const release = process.env.REPORT_RELEASE ?? "shop-node@2.4.1";
const mode = process.env.REPORT_MODE ?? "exception";

Sentry.init({
  dsn: process.env.SENTRY_DSN,
  release,
  environment: "staging",
  serverName: "web-1",
  tracesSampleRate: 1.0,
});

class PaymentDeclined extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = "PaymentDeclined";
  }
}

function chargeCardWithGateway(amount) {
  try {
    openGatewayConnection(amount);
  } catch (cause) {
    throw new PaymentDeclined(`Card declined for ${amount} EUR`, { cause });
  }
}

function openGatewayConnection() {
  throw new RangeError("gateway answered 502");
}

// `once` stands for the libraries a real stack passes through: its frames are not ours.
const checkoutShoppingCart = () => once(chargeCardWithGateway)(42.5);

const user = { id: "4711", email: "ada@example.com", username: "ada" };
const tags = { tenant: "acme", plan: "gold" };
const breadcrumbs = [
  { category: "log", message: "cart loaded with 3 items", level: "info" },
  {
    type: "http",
    category: "http",
    level: "warning",
    data: { url: "http://gateway.example.com/charge", method: "POST", status_code: 502 },
  },
  { category: "cart", message: "voucher quetzalcoatl applied", level: "debug", data: { voucher: "SUMMER" } },
];

function setUpScope() {
  Sentry.setUser(user);
  for (const [key, value] of Object.entries(tags)) Sentry.setTag(key, value);
  Sentry.setContext("cart", { items: 3, currency: "EUR" });
  for (const crumb of breadcrumbs) Sentry.addBreadcrumb(crumb);
}

function failInCheckout() {
  try {
    checkoutShoppingCart();
  } catch (error) {
    return Sentry.captureException(error);
  }
}

/** Runs `work` in a transaction, whichever way this generation of the SDK spells that. */
function traced(work) {
  if (Sentry.startSpan) return Sentry.startSpan({ name: "POST /checkout", op: "http.server" }, work);
  const transaction = Sentry.startTransaction({ name: "POST /checkout", op: "http.server" });
  try {
    return work();
  } finally {
    transaction.finish();
  }
}

function send() {
  setUpScope();
  if (mode === "message") return Sentry.captureMessage("stock is low for sku 8812", "warning");
  if (mode === "transaction") return traced(failInCheckout);
  return failInCheckout();
}

(async () => {
  const eventId = send();
  await Sentry.flush(10_000);
  await Sentry.close(10_000);
  const sent = {
    event_id: eventId,
    type: mode === "message" ? null : "PaymentDeclined",
    value: mode === "message" ? "stock is low for sku 8812" : "Card declined for 42.5 EUR",
    cause: mode === "message" ? null : { type: "RangeError", value: "gateway answered 502" },
    // Outermost first, as frames are listed.
    in_app_functions: ["checkoutShoppingCart", "chargeCardWithGateway"],
    library: "once.js",
    release,
    environment: "staging",
    user,
    tags,
    breadcrumbs: breadcrumbs.map(({ category, message, level }) => ({ category, message: message ?? null, level })),
    context: { cart: { items: 3, currency: "EUR" } },
  };
  process.stdout.write(`${JSON.stringify(sent)}\n`);
})();
