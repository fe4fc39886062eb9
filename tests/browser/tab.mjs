// One person at one browser: a page of a server that nobody has set up yet, what it complained of, and its pictures.
import { launchBrowser, WAIT_MS_MAX, WIDE } from "./browser.mjs";
import { picture } from "./picture.mjs";

export async function openTab(server) {
  const browser = await launchBrowser();
  const context = await browser.newContext({ viewport: WIDE, baseURL: server.url });
  context.setDefaultTimeout(WAIT_MS_MAX);
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // A refused resource (the content security policy) and a broken script both end here; so do answers that the page
    // waits out or tells.
    if (message.type() === "error" && !/status of 40[149]/.test(message.text())) complaints.push(message.text());
  });
  return { page, complaints, takePictures: (name) => picture(page, name), close: () => browser.close() };
}
