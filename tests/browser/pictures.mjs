// Takes the README's pictures of the demo: docs/pictures/{issues,issue}{,-dark}.png. Run by scripts/pictures.sh.
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { root, startServer } from "./server.mjs";

const pictures = join(root, "docs/pictures");
const size = { width: 1440, height: 960 };
/** An error with a cause, source, a trace and people who met it. */
const shown = "PaymentUnavailable";

const server = await startServer();
const executablePath = [process.env.CHROMIUM_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
  (path) => path && existsSync(path),
);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  await mkdir(pictures, { recursive: true });
  await server.loadDemo({ events: 3000 });
  const context = await browser.newContext({ viewport: size, baseURL: server.url });
  const token = new URL(server.setUpLink).searchParams.get("token");
  const person = { token, name: "Ada", email: "ada@example.com", password: "correct horse battery" };
  const made = await context.request.post("/api/0/auth/setup/", { data: person, headers: { "X-LightTrace-CSRF": "1" } });
  if (!made.ok()) throw new Error(`no account: ${await made.text()}`);
  const page = await context.newPage();
  await page.goto("/issues");
  await page.getByRole("link", { name: new RegExp(shown) }).first().waitFor();
  await take(page, "issues");
  await page.getByRole("link", { name: new RegExp(shown) }).first().click();
  await page.getByRole("region", { name: /^Source of/ }).first().waitFor();
  await take(page, "issue");
} finally {
  await browser.close();
  await server.stop();
}

async function take(page, name) {
  for (const [colorScheme, suffix] of [
    ["light", ""],
    ["dark", "-dark"],
  ]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.screenshot({ path: join(pictures, `${name}${suffix}.png`) });
  }
}
