// A page in a real Chromium, driven through a pipe: what the keyboard reaches, and what the page says then.
import { spawn } from 'node:child_process';

/** Opens a page of this width; `act` gets what drives it. */
export async function withPage(url, profile, width, act) {
  const chromium = spawn('chromium', [
    '--headless=new', '--no-sandbox', '--disable-gpu', '--remote-debugging-pipe', `--user-data-dir=${profile}`, 'about:blank',
  ], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => { chromium.on('exit', resolve); });
  try {
    await act(await openPage(chromium, url, width));
  } finally {
    chromium.kill();
    await ended;
  }
}

async function openPage(chromium, url, width) {
  const [, , , input, output] = chromium.stdio;
  const waiting = new Map();
  const problems = [];
  let [text, last, session] = ['', 0, undefined];
  output.setEncoding('utf8');
  output.on('data', (part) => {
    const messages = (text + part).split('\0');
    text = messages.pop();
    for (const message of messages.map((own) => JSON.parse(own))) {
      waiting.get(message.id)?.(message);
      if (message.method === 'Runtime.exceptionThrown') problems.push(message.params.exceptionDetails.exception?.description);
      if (message.method === 'Log.entryAdded') problems.push(message.params.entry.text);
    }
  });
  const send = (method, params = {}) => new Promise((resolve, reject) => {
    const id = ++last;
    waiting.set(id, ({ result, error }) => (error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result)));
    input.write(`${JSON.stringify({ id, method, params, sessionId: session })}\0`);
  });
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  ({ sessionId: session } = await send('Target.attachToTarget', { targetId, flatten: true }));
  await send('Runtime.enable');
  await send('Log.enable');
  await send('Emulation.setDeviceMetricsOverride', { width, height: 900, deviceScaleFactor: 1, mobile: false });
  await send('Page.navigate', { url });
  /** The value of an expression in the page. */
  const value = async (expression) => {
    const { result, exceptionDetails } = await send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value;
  };
  /** Waits until an expression is true. */
  const until = async (expression) => {
    for (let round = 0; round < 600; round++) {
      if (await value(`Boolean(${expression})`)) return;
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
    throw new Error(`this did not become true: ${expression}`);
  };
  const press = async (key, text) => {
    const codes = { Tab: 9, Enter: 13, ' ': 32, ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40 };
    const own = { key, code: key, windowsVirtualKeyCode: codes[key] ?? key.toUpperCase().charCodeAt(0) };
    const typed = text ?? { Enter: '\r' }[key] ?? (key.length === 1 ? key : undefined);
    await send('Input.dispatchKeyEvent', { ...own, type: 'keyDown', text: typed });
    await send('Input.dispatchKeyEvent', { ...own, type: 'keyUp' });
  };
  return { send, value, until, press, problems };
}
