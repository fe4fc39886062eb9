// Models for one test: one that plays a script over the OpenAI-compatible protocol and remembers what it was sent, and a real
// one, tests/llm/serve.py.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "./server.mjs";

const python = join(root, ".venv/llm/bin/python");
const CHUNK_CHARS = 24;

/** Whether what the real model needs is installed; where tests must not be skipped it has to be. */
export function canServeModel() {
  const found = existsSync(python);
  if (!found && process.env.LIGHTTRACE_TEST_DEPS === "required") throw new Error(`${python} is missing: run scripts/test-deps.sh`);
  return found;
}

/** A small model on this machine's processors. */
export async function startModel() {
  const child = spawn(python, [join(root, "tests/llm/serve.py")], { stdio: ["pipe", "pipe", "ignore"] });
  const ended = new Promise((_, reject) => child.once("exit", (code) => reject(new Error(`the model ended with ${code}`))));
  const first = createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  const { value } = await Promise.race([first, ended]);
  ended.catch(() => undefined);
  const stop = () => {
    child.stdin.end();
    child.kill();
  };
  return { url: value, name: "gemma3-270m", stop };
}

/**
 * `play` is set by the test: `{ text }` streams that text, `{ status, body, headers }` refuses, `{ text, cutAfter }` breaks
 * off after so many letters. `requests` are the bodies that came.
 */
export async function startScriptedModel() {
  const model = { play: { text: "{}" }, requests: [] };
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    if (request.url.endsWith("/models")) return reply(response, 200, { object: "list", data: [{ id: "scripted", object: "model" }] });
    model.requests.push(JSON.parse(body));
    const { text, status, body: refusal, headers, cutAfter } = model.play;
    if (status) return reply(response, status, refusal, headers);
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (let at = 0; at < text.length; at += CHUNK_CHARS) {
      if (cutAfter !== undefined && at >= cutAfter) return response.destroy();
      response.write(chunkOf({ content: text.slice(at, at + CHUNK_CHARS) }, null));
      // One packet each: a stream that comes at once is none.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    response.write(chunkOf({}, "stop"));
    response.end("data: [DONE]\n\n");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  model.url = `http://127.0.0.1:${server.address().port}/v1`;
  model.stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return model;
}

const chunkOf = (delta, finish_reason) =>
  `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", created: 1, model: "scripted", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;

function reply(response, status, body, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}
