// What tests do to the server without a browser: send events, wait for them, read them.
import { API_TOKEN, PUBLIC_KEY } from "./server.mjs";
import { WAIT_MS_MAX } from "./browser.mjs";

const ASK_AGAIN_AFTER_MS = 50;

export async function sendEvent(server, event) {
  const answer = await fetch(`${server.url}/api/1/store/?sentry_key=${PUBLIC_KEY}`, {
    method: "POST",
    body: JSON.stringify(event),
  });
  if (!answer.ok) throw new Error(`${event.event_id} was answered ${answer.status}: ${await answer.text()}`);
}

/** A request that a service answered, with a query inside, as SDKs send both together. */
export async function sendTransaction(server, { trace, span, name, status = "ok" }) {
  const end = Date.now() / 1000;
  const query = { trace_id: trace, span_id: `${span.slice(0, 15)}9`, parent_span_id: span, op: "db.query", description: "SELECT * FROM carts WHERE id = 1" };
  const transaction = {
    type: "transaction",
    event_id: trace,
    transaction: name,
    platform: "node",
    environment: "production",
    release: "shop@2.4.1",
    start_timestamp: end - 0.412,
    timestamp: end,
    contexts: { trace: { trace_id: trace, span_id: span, op: "http.server", status } },
    spans: [{ ...query, start_timestamp: end - 0.4, timestamp: end - 0.1, status: "ok" }],
  };
  const lines = [{ event_id: trace, sent_at: new Date().toISOString() }, { type: "transaction" }, transaction];
  const answer = await fetch(`${server.url}/api/1/envelope/?sentry_key=${PUBLIC_KEY}`, {
    method: "POST",
    body: lines.map((line) => JSON.stringify(line)).join("\n"),
  });
  if (!answer.ok) throw new Error(`${name} was answered ${answer.status}: ${await answer.text()}`);
}

/** Sessions of a release as a server's SDK counts them: by the minute, and how each ended. */
export async function sendSessions(server, attrs, aggregates) {
  const lines = [{ sent_at: new Date().toISOString() }, { type: "sessions" }, { aggregates, attrs }];
  const answer = await fetch(`${server.url}/api/1/envelope/?sentry_key=${PUBLIC_KEY}`, {
    method: "POST",
    body: lines.map((line) => JSON.stringify(line)).join("\n"),
  });
  if (!answer.ok) throw new Error(`sessions were answered ${answer.status}: ${await answer.text()}`);
}

export async function callApi(server, path, { method = "GET", body } = {}) {
  const answer = await fetch(`${server.url}/api/0${path}`, {
    method,
    headers: { Authorization: `Bearer ${API_TOKEN}`, "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
  return answer.status === 204 ? undefined : answer.json();
}

/** Returns once all that was accepted is digested and can be found. */
export async function settled(server) {
  const until = Date.now() + 3 * WAIT_MS_MAX;
  const metric = (text, name) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
  for (;;) {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const waiting = metric(text, "lighttrace_inbox_depth") + metric(text, "lighttrace_index_lag_events");
    if (waiting === 0) return;
    if (Date.now() > until) throw new Error(`${waiting} events are still waiting`);
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_AFTER_MS));
  }
}

/** Where an event's page is. */
export async function eventPath(server, id) {
  const { groupId } = await callApi(server, `/organizations/lighttrace/eventids/${id}/`);
  return `/issues/${groupId}/events/${id}`;
}
