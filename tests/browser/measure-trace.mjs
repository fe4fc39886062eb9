// Opens a trace of 10,000 spans in a real browser and prints what it took: `node measure-trace.mjs`, with LIGHTTRACE_BIN
// naming an optimized binary. No test: machines differ.
import { launchBrowser, signedIn } from "./browser.mjs";
import { callApi, settled } from "./api.mjs";
import { API_TOKEN, startServer } from "./server.mjs";
import { largeTrace } from "./spans.mjs";

const SPANS = 10_000;
const LOOKS = 15;
const SCROLL_MS = 3_000;

const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const say = (what, value, unit) => console.log(`${what.padEnd(44)} ${value.toFixed(1).padStart(8)} ${unit}`);

const server = await startServer({ withAccount: true, settings: { LIGHTTRACE_SPANS_PER_MINUTE: "10000000" } });
const browser = await launchBrowser();
try {
  const trace = await largeTrace(server, SPANS);
  await settled(server);
  await api(trace);
  await page(trace);
} finally {
  await browser.close();
  await server.stop();
}

async function api(trace) {
  const took = [];
  let bytes = 0;
  for (let look = 0; look < LOOKS; look++) {
    const begin = performance.now();
    const answer = await fetch(`${server.url}/api/0/organizations/lighttrace/trace/${trace}/waterfall/`, {
      headers: { Authorization: `Bearer ${API_TOKEN}`, "Accept-Encoding": "identity" },
    });
    bytes = (await answer.arrayBuffer()).byteLength;
    took.push(performance.now() - begin);
  }
  say("API, in the middle of its looks", median(took), "ms");
  say("API, the longest look", Math.max(...took), "ms");
  say("its answer", bytes / 1024, "KiB");
}

async function page(trace) {
  const context = await signedIn(browser, server);
  const tab = await context.newPage();
  // Once for the app's files, which a person has already.
  await tab.goto(`/traces/${trace}`);
  await tab.locator("[role=treegrid] [role=row]").nth(5).waitFor();
  const paints = [];
  for (let look = 0; look < 5; look++) {
    await tab.goto("/issues");
    await tab.getByRole("heading").first().waitFor();
    const painted = await tab.evaluate((path) => {
      const begin = performance.now();
      history.pushState(null, "", path);
      dispatchEvent(new PopStateEvent("popstate"));
      return new Promise((resolve) => {
        const look = () =>
          document.querySelectorAll("[role=treegrid] [role=row]").length > 5
            ? requestAnimationFrame(() => resolve(performance.now() - begin))
            : requestAnimationFrame(look);
        look();
      });
    }, `/traces/${trace}`);
    paints.push(painted);
  }
  say("from the click to the painted rows", median(paints), "ms");
  say("rows in the document", await tab.locator("[role=treegrid] [role=row]").count(), "");
  await scroll(tab);
}

/** Scrolls by the wheel for a while; the browser's own trace tells which frames were drawn and which were dropped. */
async function scroll(tab) {
  const cdp = await tab.context().newCDPSession(tab);
  const events = [];
  cdp.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const over = new Promise((resolve) => cdp.once("Tracing.tracingComplete", resolve));
  await cdp.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: ["devtools.timeline", "disabled-by-default-devtools.timeline.frame", "disabled-by-default-devtools.timeline"] },
  });
  const box = await tab.locator("[role=treegrid]").boundingBox();
  await tab.mouse.move(box.x + box.width / 2, Math.min(box.y + box.height / 2, 600));
  const deltas = tab.evaluate(
    (ms) =>
      new Promise((resolve) => {
        const [gaps, begin] = [[], performance.now()];
        let before = begin;
        const frame = (now) => {
          gaps.push(now - before);
          before = now;
          if (now - begin < ms) requestAnimationFrame(frame);
          else resolve(gaps.slice(1));
        };
        requestAnimationFrame(frame);
      }),
    SCROLL_MS,
  );
  const until = performance.now() + SCROLL_MS;
  while (performance.now() < until) {
    await tab.mouse.wheel(0, 400);
    await new Promise((resolve) => setTimeout(resolve, 16));
  }
  const gaps = await deltas;
  await cdp.send("Tracing.end");
  await over;
  const count = (name) => events.filter((event) => event.name === name).length;
  say("frames drawn a second while scrolling", count("DrawFrame") / (SCROLL_MS / 1000), "");
  say("frames dropped", count("DroppedFrame"), `of ${count("BeginFrame")} begun`);
  say("script frames a second", (1000 * gaps.length) / gaps.reduce((sum, gap) => sum + gap, 0), "");
  say("the longest gap between two", Math.max(...gaps), "ms");
}
