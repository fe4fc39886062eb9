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
  for (const pixels of [60, 120, 400]) await scroll(tab, pixels);
}

/** Scrolls by so much a frame for a while; the browser's own trace tells which frames were drawn and which were dropped. */
async function scroll(tab, pixels) {
  const cdp = await tab.context().newCDPSession(tab);
  const events = [];
  cdp.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const over = new Promise((resolve) => cdp.once("Tracing.tracingComplete", resolve));
  await cdp.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: ["devtools.timeline", "disabled-by-default-devtools.timeline.frame", "disabled-by-default-devtools.timeline"] },
  });
  const gaps = await tab.evaluate(
    ({ ms, pixels }) =>
      new Promise((resolve) => {
        const scrolls = (node) => /auto|scroll/.test(getComputedStyle(node).overflowY) && node.scrollHeight > node.clientHeight;
        let scroller = document.querySelector("[role=treegrid]");
        while (scroller && !scrolls(scroller)) scroller = scroller.parentElement;
        scroller ??= document.scrollingElement;
        scroller.scrollTop = 0;
        const [gaps, begin] = [[], performance.now()];
        let before = begin;
        const frame = (now) => {
          gaps.push(now - before);
          before = now;
          scroller.scrollBy(0, pixels);
          if (now - begin < ms) requestAnimationFrame(frame);
          else resolve(gaps.slice(1));
        };
        requestAnimationFrame(frame);
      }),
    { ms: SCROLL_MS, pixels },
  );
  await cdp.send("Tracing.end");
  await over;
  const count = (name) => events.filter((event) => event.name === name).length;
  const seconds = gaps.reduce((sum, gap) => sum + gap, 0) / 1000;
  say(`${pixels} px a frame: frames drawn a second`, count("DrawFrame") / seconds, `(${count("DroppedFrame")} of ${count("BeginFrame")} dropped)`);
  say(`${pixels} px a frame: the page's own frames a second`, gaps.length / seconds, `(longest gap ${Math.max(...gaps).toFixed(0)} ms)`);
}
