// What Node's SDK of a generation sends of a request with a query and a call in it, one of which fails, and a log line.
"use strict";

const Sentry = require(process.env.SENTRY_MODULE);

Sentry.init({
  dsn: process.env.SENTRY_DSN,
  release: "shop-node@2.4.1",
  environment: "staging",
  tracesSampleRate: 1,
  enableLogs: true,
});

async function main() {
  let trace;
  await Sentry.startSpan({ op: "http.server", name: "POST /orders/42", attributes: { "sentry.source": "url" } }, async (root) => {
    trace = root.spanContext();
    Sentry.logger?.warn("stock of sku %d is low", 8812, { warehouse: "north" });
    const statement = "INSERT INTO orders (user_id, card) VALUES (7, '4111 1111 1111 1111')";
    Sentry.startSpan({ op: "db.query", name: statement, attributes: { "db.system": "postgresql" } }, () => {});
    await Sentry.startSpan(
      { op: "http.client", name: "POST https://pay.example.com/charges/42?token=hunter2", attributes: { "http.response.status_code": 503 } },
      async (span) => span.setStatus({ code: 2, message: "unavailable" }),
    );
  });
  await Sentry.flush(10_000);
  console.log(JSON.stringify({ trace: trace.traceId, segment: trace.spanId }));
}

main();
