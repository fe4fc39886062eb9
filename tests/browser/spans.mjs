// Spans sent as a real SDK sends them, more than a test would want to wait for.
const SPANS_A_CONTAINER = 1_000;

/** Sends one trace of `count` spans over three services' worth of names; answers its id. */
export async function largeTrace(server, count) {
  const trace = "f00d".repeat(8);
  const dsn = new URL(server.dsn);
  const id = (number) => (number + 1).toString(16).padStart(16, "0");
  const start = Date.now() / 1000 - 60;
  for (let first = 0; first < count; first += SPANS_A_CONTAINER) {
    const items = [];
    for (let number = first; number < Math.min(first + SPANS_A_CONTAINER, count); number++) {
      const parent = number === 0 ? undefined : Math.floor((number - 1) / 8);
      const begin = start + number * 0.002;
      items.push({
        trace_id: trace,
        span_id: id(number),
        parent_span_id: parent === undefined ? undefined : id(parent),
        name: number === 0 ? "GET /report" : number % 3 ? `SELECT * FROM orders WHERE id = ${number}` : `GET https://stock.example.com/items/${number}`,
        status: number % 500 === 499 ? "error" : "ok",
        is_segment: number === 0,
        start_timestamp: begin,
        end_timestamp: number === 0 ? start + count * 0.002 + 1 : begin + 0.01 + (number % 7) * 0.004,
        attributes: {
          "sentry.op": { value: number === 0 ? "http.server" : number % 3 ? "db.query" : "http.client", type: "string" },
          "sentry.environment": { value: "production", type: "string" },
          "service.name": { value: ["web", "api", "worker"][number % 3], type: "string" },
        },
      });
    }
    const payload = JSON.stringify({ version: 2, items });
    const header = { type: "span", item_count: items.length, content_type: "application/vnd.sentry.items.span.v2+json" };
    const answer = await fetch(`${server.url}/api${dsn.pathname}/envelope/?sentry_key=${dsn.username}&sentry_version=7`, {
      method: "POST",
      body: `{}\n${JSON.stringify(header)}\n${payload}\n`,
    });
    if (!answer.ok) throw new Error(`the spans were answered ${answer.status}: ${await answer.text()}`);
  }
  return trace;
}
