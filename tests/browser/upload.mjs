// What a build of a small app leaves, and its upload the way sentry-cli does it.
import { createHash } from "node:crypto";
import { API_TOKEN } from "./server.mjs";
import { WAIT_MS_MAX } from "./browser.mjs";

const ASK_AGAIN_AFTER_MS = 50;
export const DEBUG_ID = "5f8e3a0c-1b2d-4c3e-9f00-aabbccddeeff";
export const RELEASE = "shop@2.4.1";
const ADDRESS = "https://shop.example/assets/app.js";

const SOURCE = ["export function chargeCard(order: number): never {", "  throw new Error(`declined ${order}`);", "}", "", "chargeCard(7);", ""];
const MINIFIED = 'function t(r){throw new Error("declined "+r)}t(7);';
/** Where `new` and the call of `t` are, from 1. */
const COLUMNS = { crash: MINIFIED.indexOf("new Error") + 1, caller: MINIFIED.indexOf("t(7)") + 1 };
const MAP = {
  version: 3,
  debug_id: DEBUG_ID,
  sources: ["../src/payment.ts"],
  sourcesContent: [SOURCE.join("\n")],
  names: ["chargeCard", "order"],
  mappings: "AAAA,SAAgBA,EAAWC,GACzB,MAAM,IAAI,kBAAkBA,GAG9BD",
};

/** What a browser sends that runs the minified file. */
export const minifiedEvent = (id) => ({
  event_id: id,
  platform: "javascript",
  release: RELEASE,
  exception: {
    values: [
      {
        type: "Error",
        value: "declined 7",
        mechanism: { type: "onerror", handled: false },
        stacktrace: {
          frames: [
            { function: "?", filename: ADDRESS, abs_path: ADDRESS, lineno: 1, colno: COLUMNS.caller, in_app: true },
            { function: "t", filename: ADDRESS, abs_path: ADDRESS, lineno: 1, colno: COLUMNS.crash, in_app: true },
          ],
        },
      },
    ],
  },
  debug_meta: { images: [{ type: "sourcemap", code_file: ADDRESS, debug_id: DEBUG_ID }] },
});

/** Uploads the build for the project `shop`; resolves once frames can be read with it, or fails with why not. */
export async function uploadBuild(server) {
  const bundle = makeBundle();
  const checksum = createHash("sha1").update(bundle).digest("hex");
  const org = `${server.url}/api/0/organizations/lighttrace`;
  const body = JSON.stringify({ checksum, chunks: [checksum], projects: ["shop"], version: RELEASE });
  const assemble = () => post(`${org}/artifactbundle/assemble/`, body, { "Content-Type": "application/json" });
  let { state, detail } = await assemble();
  if (state === "not_found") {
    const chunks = new FormData();
    chunks.append("file", new Blob([bundle]), checksum);
    await post(`${org}/chunk-upload/`, chunks);
    ({ state, detail } = await assemble());
  }
  const until = Date.now() + WAIT_MS_MAX;
  while (state !== "ok") {
    if (state === "error" || Date.now() > until) throw new Error(`the upload is ${state}: ${detail}`);
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_AFTER_MS));
    ({ state, detail } = await assemble());
  }
}

async function post(url, body, headers = {}) {
  const answer = await fetch(url, { method: "POST", body, headers: { Authorization: `Bearer ${API_TOKEN}`, ...headers } });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`POST ${url} answered ${answer.status}: ${text}`);
  return text ? JSON.parse(text) : {};
}

function makeBundle() {
  const minified = `${MINIFIED}\n//# sourceMappingURL=app.js.map\n//# debugId=${DEBUG_ID}\n`;
  const entry = (type, url, headers) => ({ type, url, headers: { "debug-id": DEBUG_ID, ...headers } });
  const manifest = {
    org: "lighttrace",
    project: "shop",
    release: RELEASE,
    files: {
      "files/_/_/assets/app.js": entry("minified_source", "~/assets/app.js", { sourcemap: "app.js.map" }),
      "files/_/_/assets/app.js.map": entry("source_map", "~/assets/app.js.map"),
    },
  };
  const header = Buffer.from([0x53, 0x59, 0x53, 0x42, 2, 0, 0, 0]);
  const zip = zipOf({
    "files/_/_/assets/app.js": minified,
    "files/_/_/assets/app.js.map": JSON.stringify(MAP),
    "manifest.json": JSON.stringify(manifest),
  });
  return Buffer.concat([header, zip]);
}

/** A ZIP file without compression, as its specification (APPNOTE) lays it out. */
function zipOf(files) {
  const [locals, centrals] = [[], []];
  let offset = 0;
  for (const [path, text] of Object.entries(files)) {
    const [name, data] = [Buffer.from(path), Buffer.from(text)];
    // Version needed, flags, method, time, date, CRC, sizes, length of the name and of what there is none of.
    const facts = fields([2, 20], [2, 0], [2, 0], [2, 0], [2, 0x21], [4, crc32(data)], [4, data.length], [4, data.length], [2, name.length], [2, 0]);
    const local = Buffer.concat([fields([4, 0x04034b50]), facts, name, data]);
    locals.push(local);
    centrals.push(fields([4, 0x02014b50], [2, 20]), facts, fields([2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), name);
    offset += local.length;
  }
  const central = Buffer.concat(centrals);
  const count = Object.keys(files).length;
  const end = fields([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, central.length], [4, offset], [2, 0]);
  return Buffer.concat([...locals, central, end]);
}

/** Numbers in so many bytes, the lowest first. */
function fields(...pairs) {
  return Buffer.concat(
    pairs.map(([bytes, value]) => {
      const field = Buffer.alloc(bytes);
      field.writeUIntLE(value, 0, bytes);
      return field;
    }),
  );
}

function crc32(data) {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
