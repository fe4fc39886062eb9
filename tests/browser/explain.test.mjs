// Why an issue happens: nothing set up, a model that answers, one that fails, and a real one that streams.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { callApi, eventPath, sendEvent, settled } from "./api.mjs";
import { launchBrowser, signedIn } from "./browser.mjs";
import { canServeModel, startModel, startScriptedModel } from "./llm.mjs";
import { picture } from "./picture.mjs";
import { startServer } from "./server.mjs";

/** A small model on two processors reads some thousand tokens first. */
const MODEL_WITHIN_MS = 400_000;
const EVENT = {
  event_id: "e".repeat(32),
  platform: "javascript",
  release: "shop@2.14.3",
  user: { email: "grace@example.com" },
  exception: {
    values: [
      {
        type: "AuthError",
        value: "User not authenticated",
        stacktrace: {
          frames: [
            { function: "onClick", filename: "src/Checkout.tsx", lineno: 41, in_app: true },
            { function: "chargeCard", filename: "src/payment.ts", lineno: 125, in_app: true, context_line: "    throw new AuthError('User not authenticated')" },
          ],
        },
      },
    ],
  },
  breadcrumbs: {
    values: [
      { timestamp: Date.now() / 1000 - 960, type: "http", category: "fetch", data: { method: "GET", url: "/api/session", status_code: 200 } },
      { timestamp: Date.now() / 1000 - 1, type: "http", category: "fetch", level: "error", data: { method: "POST", url: "/api/payment", status_code: 401 } },
    ],
  },
};

/** An answer that names what it was told, and one thing that it was not. */
const ANSWER = {
  summary: "The session has ended before the card is charged. <img src=x onerror=alert(1)>",
  root_cause: { text: "The payment is refused, and `chargeCard` throws.", facts: ["frame:1", "crumb:1"] },
  confidence: "high",
  line: { file: "src/payment.ts", line: 125, function: "chargeCard", fact: "frame:1" },
  why: [
    { text: "The session was valid", facts: ["crumb:0"] },
    { text: "The cache lost it", facts: ["log:99"] },
  ],
  fix: { text: "Refresh the session.", diff: null },
  check: "Look for a younger session.",
  missing: ["how long a session lives"],
};

let browser;
const running = [];

before(async () => {
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  for (const one of running) await one.stop();
});

/** The page of the event, on a server that asks this model. */
async function openIssue(model, name) {
  const settings = model ? { LIGHTTRACE_LLM_BASE_URL: model.url, LIGHTTRACE_LLM_MODEL: name, LIGHTTRACE_LLM_CONTEXT_TOKENS: "4096", LIGHTTRACE_LLM_TIMEOUT_SECONDS: "600" } : {};
  const server = await startServer({ withAccount: true, settings });
  running.push(server);
  await sendEvent(server, EVENT);
  await settled(server);
  const page = await (await signedIn(browser, server)).newPage();
  await page.goto(await eventPath(server, EVENT.event_id));
  const card = page.getByRole("region", { name: "Why this happens" });
  await card.waitFor();
  return { server, page, card };
}

test("without a model the card says what was found, how to reproduce it, and what a model would be told", async () => {
  const { page, card } = await openIssue();
  await card.getByText("chargeCard failed").waitFor();
  assert.equal(await page.getByText("chargeCard failed").count(), 1, "what was found is told once");
  await card.getByText("No model is set up.").waitFor();
  await picture(page, "explain-no-model");
  await card.getByRole("button", { name: "What it would be told" }).click();
  const dialog = page.getByRole("dialog", { name: "What would be sent" });
  await dialog.getByText("chargeCard").first().waitFor();
  assert.doesNotMatch(await dialog.textContent(), /grace@example\.com/);
  await page.keyboard.press("Escape");
  await card.getByRole("button", { name: /Reproduce it here/ }).click();
  await page.locator("#reproduce [aria-label=Steps]").first().waitFor();
});

test("a model's answer streams, cites, and is text; what nothing supports is marked", async () => {
  const model = await startScriptedModel();
  running.push(model);
  model.play = { text: JSON.stringify(ANSWER) };
  const { page, card } = await openIssue(model, "scripted");
  await card.getByRole("button", { name: /^Explain/ }).waitFor();
  await page.keyboard.press("x");
  await card.getByRole("button", { name: "Exactly what was sent" }).waitFor();
  // The server has taken its edges off, and the page shows it as text all the same.
  assert.match(await card.textContent(), /‹img src=x onerror=alert\(1\)›/);
  assert.equal(await card.locator("img").count(), 0);
  await card.getByText("Unsupported.").first().waitFor();
  assert.equal(await card.locator("s", { hasText: "log:99" }).count(), 1);
  await card.getByRole("listitem").getByRole("button", { name: /\/api\/session/ }).click();
  await page.locator("#breadcrumbs [data-spot-shown]", { hasText: "/api/session" }).waitFor();
  await card.getByRole("button", { name: /payment\.ts:125/ }).first().click();
  await page.locator("#stack [data-spot-shown]", { hasText: "chargeCard" }).waitFor();
  await picture(page, "explain-answer");
  assert.doesNotMatch(JSON.stringify(model.requests), /grace@example\.com/);

  await card.getByRole("button", { name: "No", exact: true }).click();
  await card.getByLabel("What was right or wrong").fill("It was the clock.");
  await card.getByRole("button", { name: "Keep" }).click();
  await card.getByText("“It was the clock.”").waitFor();
  model.play = { text: "It was not asked to (crumb:1)." };
  await card.getByLabel("Ask further").fill("Why didn’t the session refresh?");
  await page.keyboard.press("Enter");
  await card.getByText("It was not asked to").waitFor();
  await page.reload();
  await card.getByText("“It was the clock.”").waitFor();
  await card.getByText("Why didn’t the session refresh?").waitFor();
});

test("each failure says what to do, and nothing else waits", async () => {
  const model = await startScriptedModel();
  running.push(model);
  const error = (message, code) => ({ error: { message, type: "error", code } });
  const failures = [
    [{ status: 401, body: error("no such key", "invalid_api_key") }, "Wrong key"],
    [{ status: 404, body: error("no such model", "model_not_found") }, "Unknown model"],
    [{ status: 429, body: error("slow down", "rate_limit_exceeded"), headers: { "retry-after": "30" } }, "The model’s server wants a pause"],
    [{ text: JSON.stringify(ANSWER), cutAfter: 60 }, "The answer broke off"],
  ];
  const { page, card } = await openIssue(model, "scripted");
  await card.getByRole("button", { name: /^Explain/ }).waitFor();
  for (const [play, title] of failures) {
    model.play = play;
    await page.keyboard.press("x");
    await card.getByRole("alert").getByText(title).waitFor();
    await card.getByText("chargeCard failed").waitFor();
    await page.locator("#stack").getByText("chargeCard").first().waitFor();
    if (play.status === 429) assert.match(await card.getByRole("alert").getByRole("button").textContent(), /Try again in \d+ s/);
  }
});

/** Runs in the page: reads the stream beside the app, and how long what it shows is while the answer grows. */
function countDeltas() {
  const streamed = { deltas: 0, lengths: [] };
  window.streamed = streamed;
  const plain = window.fetch;
  window.fetch = async (...asked) => {
    const answer = await plain(...asked);
    if (!answer.headers.get("content-type")?.startsWith("text/event-stream") || !answer.url.endsWith("/explain/")) return answer;
    const [ours, theirs] = answer.body.tee();
    void (async () => {
      for await (const part of ours.pipeThrough(new TextDecoderStream())) streamed.deltas += part.split("event: delta").length - 1;
    })();
    return new Response(theirs, answer);
  };
  const card = document.querySelector("#explanation");
  new MutationObserver(() => {
    const growing = [...card.querySelectorAll("[role=status]")].some((one) => one.textContent.includes("is writing"));
    const { length } = card.textContent;
    if (growing && length > (streamed.lengths.at(-1) ?? 0)) streamed.lengths.push(length);
  }).observe(card, { subtree: true, childList: true, characterData: true });
}

test("a real model streams an answer, which is kept", { skip: !canServeModel() && "scripts/test-deps.sh installs the model" }, async () => {
  const model = await startModel();
  running.push(model);
  const { server, page, card } = await openIssue(model, model.name);
  await card.getByRole("button", { name: /^Explain/ }).waitFor();
  await page.evaluate(countDeltas);
  await page.keyboard.press("x");
  await card.getByRole("button", { name: "Exactly what was sent" }).or(card.getByRole("alert")).first().waitFor({ timeout: MODEL_WITHIN_MS });
  const { deltas, lengths } = await page.evaluate("streamed");
  assert.ok(deltas > 2, `${deltas} deltas came`);
  assert.ok(lengths.length > 2, `the page showed the answer at lengths of ${lengths}`);
  const { groupId } = await callApi(server, `/organizations/lighttrace/eventids/${EVENT.event_id}/`);
  const { explanations } = await callApi(server, `/issues/${groupId}/explain/`);
  const [kept] = explanations;
  assert.equal(kept.model, model.name);
  assert.equal(kept.state, "done", JSON.stringify(kept.failure));
  assert.ok(kept.summary && kept.rootCause && kept.sent.length > 1 && kept.facts.length > 0);
  await page.reload();
  await card.getByText(kept.summary.slice(0, 30)).first().waitFor();
  const cited = kept.claims.flatMap(({ facts }) => facts);
  if (cited.length > 0) await card.locator(".chip").first().waitFor();
});
