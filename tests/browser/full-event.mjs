// An event with something in every part that a page shows.

const stacktrace = (name) => ({
  frames: [
    { function: `${name} outer`, module: "lib.module", filename: "lib/outer.js", abs_path: "/srv/node_modules/lib/outer.js", lineno: 3, in_app: false, context_line: "outer()", package: "lib" },
    {
      function: `${name} inner`,
      module: "app.module",
      filename: "app/inner.js",
      abs_path: "/srv/app/inner.js",
      lineno: 7,
      colno: 9,
      in_app: true,
      pre_context: ["before 1", "before 2"],
      context_line: "inner()",
      post_context: ["after 1"],
      vars: { order: "'A-1'", nested: { deep: ["leaf"] } },
    },
  ],
});

export const fullEvent = (id) => ({
  event_id: id,
  platform: "javascript",
  level: "error",
  logger: "shop.logger",
  server_name: "web-1",
  release: "shop@1.0.0",
  dist: "7",
  environment: "production",
  transaction: "/checkout",
  fingerprint: ["fingerprint"],
  logentry: { message: "message %s", formatted: "message formatted", params: ["param"] },
  exception: {
    values: [
      { type: "Cause", value: "cause value", module: "cause.module", stacktrace: stacktrace("cause") },
      {
        type: "Failure",
        value: "failure value",
        module: "failure.module",
        mechanism: { type: "onerror", description: "mechanism text", help_link: "https://help.example/", handled: false, data: { key: "datum" } },
        stacktrace: stacktrace("failure"),
      },
    ],
  },
  threads: { values: [{ id: 1, name: "main thread", crashed: false, current: true, stacktrace: stacktrace("thread") }] },
  breadcrumbs: {
    values: [
      { type: "navigation", category: "navigation", data: { from: "/cart", to: "/checkout" } },
      { type: "http", category: "fetch", level: "error", message: "http message", data: { method: "POST", url: "/api/pay", status_code: 502, reason: "Bad Gateway", extra: "crumb extra" } },
      { category: "ui.click", level: "info", message: "crumb message", data: { target: "button#pay", nested: { deep: "crumb leaf" } } },
    ],
  },
  request: {
    method: "POST",
    url: "https://shop.example/checkout",
    query_string: [["voucher", "query value"]],
    headers: [["X-Custom", "header value"], ["Referer", "https://shop.example/cart"]],
    cookies: [["theme", "cookie value"]],
    env: { SERVER_SOFTWARE: "env value" },
    data: { form: "body value", list: ["body leaf"] },
  },
  user: { id: "42", email: "user@shop.example", username: "username", name: "User Name", segment: "beta", data: { plan: "user datum" } },
  tags: { color: "tag value", "quite.another": "second tag" },
  extra: { note: "extra value", nested: { deep: ["extra leaf"] } },
  contexts: {
    os: { name: "Linux", version: "6.1", build: "build" },
    browser: { name: "Firefox", version: "140" },
    runtime: { name: "node", version: "22" },
    device: { model: "model", family: "family", name: "device name" },
    culture: { timezone: "Europe/Berlin", locale: "de" },
    custom: { key: "context value", nested: { deep: "context leaf" } },
  },
  modules: { left: "1.0.0" },
  sdk: { name: "sentry.javascript.browser", version: "9.0.0", integrations: ["Integration"], packages: [{ name: "npm:pkg", version: "1" }] },
  debug_meta: { images: [{ type: "sourcemap", code_file: "https://shop.example/app.js", debug_id: "c94ae7d2-1111-4222-8333-444455556666" }] },
  errors: [],
});

/** Where the strings of an event stand, as paths of keys; the id must stay one. */
export function textFields(value, path = []) {
  if (typeof value === "string") return path[0] === "event_id" ? [] : [path];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) => textFields(inner, [...path, key]));
}

/** Puts a text where a path leads. */
export function setField(event, path, text) {
  const last = path.at(-1);
  const holder = path.slice(0, -1).reduce((inner, key) => inner[key], event);
  holder[last] = text;
}
