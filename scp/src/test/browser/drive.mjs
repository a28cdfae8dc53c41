// Drives a browser for BrowserIT: one command a line on standard input, as JSON {do, ...}; one answer a line on standard
// output, {value} or {error}. Arguments: the browser's program.
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const LIMIT = 40000;

const browser = await chromium.launch({
  executablePath: process.argv[2],
  // WebGL2 without a GPU.
  args: ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
});
const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
const page = await context.newPage();
page.setDefaultTimeout(LIMIT);
const complaints = [];
page.on('console', (message) => {
  if (message.type() === 'error') {
    complaints.push(message.text());
  }
});
page.on('pageerror', (error) => complaints.push(String(error)));
page.on('request', (request) => {
  const { hostname } = new URL(request.url());
  if (hostname && hostname !== '127.0.0.1') {
    complaints.push(`asked ${hostname}`);
  }
});

// Asked from outside: within the page, the script would be evaluated there, which its Content Security Policy forbids.
async function until(script) {
  const end = Date.now() + LIMIT;
  while (!(await page.evaluate(script))) {
    if (Date.now() > end) {
      throw new Error(`not true within ${LIMIT} ms: ${script}`);
    }
    await new Promise((again) => setTimeout(again, 50));
  }
  return null;
}

const commands = {
  open: ({ url }) => page.goto(url).then(() => null),
  click: ({ at }) => page.click(at),
  press: ({ key }) => page.keyboard.press(key),
  fill: ({ at, text }) => page.fill(at, text),
  select: ({ at, text }) => page.selectOption(at, text).then(() => null),
  // Until there is an element with this text in it.
  see: ({ at, text }) => page.locator(at).filter({ hasText: text }).first().waitFor(),
  text: ({ at }) => page.locator(at).first().innerText(),
  count: ({ at }) => page.locator(at).count(),
  run: ({ script }) => page.evaluate(script),
  until: ({ script }) => until(script),
  size: ({ width, height }) => page.setViewportSize({ width, height }),
  picture: ({ file, at }) => (at ? page.locator(at) : page).screenshot({ path: file, timeout: LIMIT }).then(() => null),
  complaints: async () => complaints.splice(0),
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  let answer;
  try {
    answer = { value: (await commands[command.do](command)) ?? null };
  } catch (error) {
    answer = { error: String(error.message) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
