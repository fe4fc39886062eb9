// A Node program that has sessions as real ones have them. REPORT_MODE: process (it ends well, with an error on the way),
// crash (it ends by an error that nobody catches), requests (a server that counts each request it answers).
"use strict";

const Sentry = require(process.env.SENTRY_MODULE || "@sentry/node");

const mode = process.env.REPORT_MODE ?? "process";

Sentry.init({ dsn: process.env.SENTRY_DSN, release: process.env.REPORT_RELEASE, environment: "staging" });

/** Answers /fine, /declined (an error that is caught) and /broken (one that is not). */
async function answerRequests(paths) {
  const { createServer } = require("node:http");
  let closed = 0;
  let allClosed;
  const closing = new Promise((resolve) => (allClosed = resolve));
  const server = createServer((request, response) => {
    if (request.url === "/declined") Sentry.captureException(new Error("card declined"));
    if (request.url === "/broken") {
      Sentry.captureException(new Error("no gateway"), { mechanism: { type: "shop", handled: false } });
    }
    // The SDK counts the request when its response is closed, and was told so before us.
    response.once("close", () => ++closed === paths.length && allClosed());
    response.end("answered");
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const origin = `http://127.0.0.1:${server.address().port}`;
  for (const path of paths) await (await fetch(`${origin}${path}`)).text();
  await closing;
  server.closeAllConnections();
  server.close();
  await Sentry.close(10_000);
}

Sentry.setUser({ id: "4711" });
if (mode === "requests") answerRequests(["/fine", "/declined", "/fine", "/broken", "/fine"]);
if (mode === "process") Sentry.captureException(new Error("card declined"));
if (mode === "crash") {
  setTimeout(() => {
    throw new Error("no gateway");
  });
}
