// The shop's door, in Node with Sentry's SDK: asks `auth` whether there is a session, then `payments` to charge.
// Prints its port and serves until its input ends.
"use strict";

const Sentry = require("@sentry/node");

const { AUTH_URL, PAYMENTS_URL, SENTRY_DSN } = process.env;

Sentry.init({
  dsn: SENTRY_DSN,
  release: "gateway@1.0.0",
  environment: "staging",
  tracesSampleRate: 1.0,
  // `auth` understands W3C's header, as OpenTelemetry does.
  propagateTraceparent: true,
  enableLogs: true,
});

const { createServer } = require("node:http");

async function answer(request, response) {
  const { headers, method, url } = request;
  if (method !== "POST" || url !== "/api/payment") return response.writeHead(404).end();
  // What a framework's router would say.
  Sentry.updateSpanName(Sentry.getRootSpan(Sentry.getActiveSpan()), "POST /api/payment");
  Sentry.logger.info("a payment is asked for");
  const authorization = headers.authorization ?? "";
  await (await fetch(`${AUTH_URL}/session`, { headers: { authorization } })).text();
  const charged = await fetch(`${PAYMENTS_URL}/charge`, { method: "POST", headers: { authorization } });
  await charged.text();
  return response.writeHead(charged.ok ? 200 : 502).end();
}

const server = createServer((request, response) => void answer(request, response));
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume().on("end", async () => {
  server.closeAllConnections();
  server.close();
  await Sentry.close(10_000);
});
