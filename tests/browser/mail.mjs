// A real mail server for one test: tests/mail/receiver.py.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "./server.mjs";

const python = join(root, ".venv/mail/bin/python");

/** Whether what it needs is installed; where tests must not be skipped it has to be. */
export function canReceiveMail() {
  const found = existsSync(python);
  if (!found && process.env.LIGHTTRACE_TEST_DEPS === "required") throw new Error(`${python} is missing: run scripts/test-deps.sh`);
  return found;
}

export async function startReceiver() {
  const child = spawn(python, [join(root, "tests/mail/receiver.py")], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const port = Number((await lines.next()).value);
  const mails = [];
  const waiting = [];
  void (async () => {
    for (let line = await lines.next(); !line.done; line = await lines.next()) {
      const mail = JSON.parse(line.value);
      const next = waiting.shift();
      if (next) next(mail);
      else mails.push(mail);
    }
  })();
  /** The next mail, in the order in which they came. */
  const next = (withinMs) =>
    new Promise((resolve, reject) => {
      if (mails.length > 0) return resolve(mails.shift());
      const timer = setTimeout(() => reject(new Error(`no mail within ${withinMs} ms`)), withinMs);
      waiting.push((mail) => (clearTimeout(timer), resolve(mail)));
    });
  const stop = () => {
    child.stdin.end();
    child.kill();
  };
  return { url: `smtp://127.0.0.1:${port}`, next, stop };
}
