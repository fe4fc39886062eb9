// raven, the client before @sentry/node: protocol version 5, `/store/`, base64 of zlib.
"use strict";

const Raven = require("raven");

const release = process.env.REPORT_RELEASE ?? "shop-raven-node@2.4.1";
const isMessage = process.env.REPORT_MODE === "message";
const user = { id: "4711", email: "ada@example.com", username: "ada" };
const tags = { tenant: "acme", plan: "gold" };
const breadcrumbs = [
  { category: "log", message: "cart loaded with 3 items", level: "info" },
  { type: "http", category: "http", level: "warning", data: { status_code: 502 } },
  { category: "cart", message: "voucher quetzalcoatl applied", level: "debug" },
];

class PaymentDeclined extends Error {
  constructor(message) {
    super(message);
    this.name = "PaymentDeclined";
  }
}

function chargeCardWithGateway(amount) {
  throw new PaymentDeclined(`Card declined for ${amount} EUR`);
}

const checkoutShoppingCart = () => chargeCardWithGateway(42.5);

Raven.config(process.env.SENTRY_DSN, {
  release,
  environment: "staging",
  name: "web-1",
  autoBreadcrumbs: false,
}).install();

function printSent(eventId) {
  const sent = {
    event_id: eventId,
    type: isMessage ? null : "PaymentDeclined",
    value: isMessage ? "stock is low for sku 8812" : "Card declined for 42.5 EUR",
    cause: null,
    in_app_functions: ["checkoutShoppingCart", "chargeCardWithGateway"],
    library: null,
    release,
    environment: "staging",
    user,
    tags,
    breadcrumbs: breadcrumbs.map(({ category, message, level }) => ({ category, message: message ?? null, level })),
    context: {},
  };
  process.stdout.write(`${JSON.stringify(sent)}\n`);
}

Raven.context(() => {
  Raven.setContext({ user, tags, extra: { cart_items: 3 } });
  for (const crumb of breadcrumbs) Raven.captureBreadcrumb(crumb);
  const done = (failure, eventId) => {
    if (failure) throw failure;
    printSent(eventId);
  };
  if (isMessage) return Raven.captureMessage("stock is low for sku 8812", { level: "warning" }, done);
  try {
    checkoutShoppingCart();
  } catch (error) {
    Raven.captureException(error, done);
  }
});
