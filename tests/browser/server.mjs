// The binary under test: on a free loopback port, with a data folder of its own.
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const PUBLIC_KEY = "0123456789abcdef0123456789abcdef";

const binary = process.env.LIGHTTRACE_BIN ?? join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "debug/lighttrace");
const START_MS_MAX = 30_000;

/** A port that was free a moment ago: links that the server prints have to name it before it listens. */
async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Whom `signedIn` of browser.mjs signs in, and what api.mjs calls the API with. */
export const ACCOUNT = { email: "ada@example.com", password: "correct horse battery" };
export const API_TOKEN = "b".repeat(64);

/**
 * Starts a server and waits until it listens. Nobody has set it up yet, unless `withAccount`: then `ACCOUNT` and
 * `API_TOKEN` exist. `settings` are further ones of the environment.
 */
export async function startServer({ withAccount = false, settings = {} } = {}) {
  const data = await mkdtemp(join(tmpdir(), "lighttrace-browser-"));
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  // Nothing of the caller's settings: the test is about a first run.
  const env = {
    PATH: process.env.PATH,
    LIGHTTRACE_LISTEN: address,
    LIGHTTRACE_URL: url,
    LIGHTTRACE_DATA_DIR: data,
    LIGHTTRACE_PROJECTS: `shop:${PUBLIC_KEY}`,
    LIGHTTRACE_LOG: "warn",
    ...(withAccount && {
      LIGHTTRACE_ADMIN_EMAIL: ACCOUNT.email,
      LIGHTTRACE_ADMIN_PASSWORD: ACCOUNT.password,
      LIGHTTRACE_API_TOKEN: API_TOKEN,
    }),
    ...settings,
  };
  const child = spawn(binary, ["serve"], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    await rm(data, { recursive: true, force: true });
  };
  try {
    const setUpLink = await untilListening(child, url, ended, !withAccount);
    return { url, setUpLink, dsn: `http://${PUBLIC_KEY}@${address}/1`, loadDemo: (options) => loadDemo(env, options), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The made-up shop, complete and searchable once this has returned; the same errors for the same seed. */
async function loadDemo(env, { seed = 1, events = 1500 } = {}) {
  await promisify(execFile)(binary, ["demo", "--seed", `${seed}`, "--events", `${events}`], { env });
}

/** The one-time link among the lines that the start prints, where one is expected. */
function untilListening(child, url, ended, withLink) {
  return new Promise((resolve, reject) => {
    let link;
    let listens = false;
    const fail = (reason) => reject(new Error(`${binary}: ${reason}`));
    const timer = setTimeout(fail, START_MS_MAX, withLink ? "did not say where it listens and how to set it up" : "did not say where it listens");
    child.once("error", (error) => fail(error.message));
    void ended.then((code) => fail(`ended with ${code} while starting`));
    createInterface({ input: child.stdout }).on("line", (line) => {
      link ??= line.match(/https?:\/\/\S*\/setup\S*/)?.[0];
      listens ||= line.includes(`Listening on ${url}`);
      if ((withLink && !link) || !listens) return;
      clearTimeout(timer);
      resolve(link);
    });
  });
}
