// A Chromium with somebody signed in, and what its pages complained of.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { ACCOUNT } from "./server.mjs";

/** Nothing here takes longer than this, however slow the machine. */
export const WAIT_MS_MAX = 20_000;
export const WIDE = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

export function launchBrowser() {
  const executablePath = [process.env.CHROMIUM_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
    (path) => path && existsSync(path),
  );
  // Root has no sandbox in a container, and the pages are our own.
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** A browser window of its own in which `ACCOUNT` has signed in. */
export async function signedIn(browser, server) {
  const context = await browser.newContext({ viewport: WIDE, baseURL: server.url, reducedMotion: "reduce" });
  context.setDefaultTimeout(WAIT_MS_MAX);
  const answer = await context.request.post("/api/0/auth/login/", { data: ACCOUNT, headers: { "X-LightTrace-CSRF": "1" } });
  if (!answer.ok()) throw new Error(`sign-in answered ${answer.status()}: ${await answer.text()}`);
  return context;
}

/** The stream of news stays open as long as its page and breaks when that is left. */
const isLive = (request) => request.url().includes("/live/");

/**
 * Watches a page: `complaints` gathers console errors, broken scripts, dialogs, failed requests and requests to
 * anybody else, and `quiet()` resolves once nothing is being fetched and what came is shown.
 */
export function watch(page, origin) {
  const complaints = [];
  const running = new Set();
  let wake;
  const ended = (request) => {
    running.delete(request);
    if (running.size === 0) wake?.();
  };
  page.on("request", (request) => {
    const { protocol, origin: asked } = new URL(request.url());
    if (asked !== origin && protocol !== "blob:") complaints.push(`asked ${request.url().slice(0, 200)}`);
    if (!isLive(request)) running.add(request);
  });
  page.on("requestfinished", ended);
  page.on("requestfailed", (request) => {
    ended(request);
    // What the page itself gave up, because it was left.
    const reason = request.failure()?.errorText;
    if (reason !== "net::ERR_ABORTED") complaints.push(`${request.url()} failed: ${reason}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.url()} answered ${response.status()}`);
  });
  page.on("pageerror", (error) => complaints.push(error.stack ?? error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("dialog", (dialog) => {
    complaints.push(`a dialog said ${dialog.message()}`);
    void dialog.dismiss();
  });
  const fetched = async () => {
    while (running.size > 0) {
      let timer;
      const names = () => [...running].map((request) => request.url()).join(", ");
      const tooLong = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`still fetching ${names()}`)), WAIT_MS_MAX);
      });
      await Promise.race([new Promise((resolve) => (wake = resolve)), tooLong]).finally(() => clearTimeout(timer));
    }
  };
  // News of requests trail behind the page: only an answer of the page itself comes after all that it had begun.
  const shown = () =>
    page.evaluate(() => new Promise((resolve) => setTimeout(() => resolve(!document.querySelector("[aria-busy=true]"))))).catch(() => false);
  const quiet = async () => {
    const until = Date.now() + WAIT_MS_MAX;
    do {
      if (Date.now() > until) throw new Error(`${page.url()} stays busy`);
      await fetched();
    } while (!(await shown()) || running.size > 0);
  };
  return { complaints, quiet };
}

/** How far the page as it is now scrolls sideways, in pixels. */
export const overflow = (page) => page.evaluate("document.documentElement.scrollWidth - innerWidth");

/** Opens all that is folded, also what shows only once something else is open. */
export const openEverything = (page) =>
  page.evaluate(async () => {
    const closed = () => [...document.querySelectorAll("main details:not([open]), main [aria-expanded=false]:not([role=combobox])")];
    for (let round = 0; round < 4; round += 1) {
      const found = closed();
      if (found.length === 0) return;
      for (const one of found) {
        if (one instanceof HTMLDetailsElement) one.open = true;
        else one.click();
      }
      await new Promise(requestAnimationFrame);
    }
  });
