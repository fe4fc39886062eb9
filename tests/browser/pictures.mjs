// Takes the README's pictures of the demo: docs/pictures/{issues,issue}{,-dark}.png. Run by scripts/pictures.sh.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { callApi } from "./api.mjs";
import { launchBrowser, signedIn } from "./browser.mjs";
import { root, startServer } from "./server.mjs";

const pictures = join(root, "docs/pictures");
const size = { width: 1440, height: 960 };
/** An error with a cause, source, a trace and people who met it. */
const shown = "PaymentUnavailable";

const server = await startServer({ withAccount: true });
const browser = await launchBrowser();
try {
  await mkdir(pictures, { recursive: true });
  await server.loadDemo({ events: 3000 });
  // Alone, the demo is not marked in every row.
  await callApi(server, "/projects/lighttrace/shop/", { method: "DELETE" });
  const context = await signedIn(browser, server);
  const page = await context.newPage();
  await page.setViewportSize(size);
  await page.goto("/issues");
  await page.getByRole("link", { name: new RegExp(shown) }).first().waitFor();
  await take(page, "issues");
  await page.getByRole("link", { name: new RegExp(shown) }).first().click();
  await page.getByRole("region", { name: /^Source of/ }).first().waitFor();
  // The colours of the source come a moment later, from a worker.
  await page.locator(".code .keyword").first().waitFor();
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
