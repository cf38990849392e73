// Debian's Chromium for stories about the dashboard: a page, a person who uses it, and a look at it.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';
import { asRoot, cleanUp, repository } from './bot.mjs';

const require = createRequire(path.join(repository, 'build/browser/here.js'));
const { chromium } = require('playwright-core');
export const axeSource = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
export const screens = path.join(repository, 'build/screens');

function program() {
  for (const name of ['chromium-headless-shell', 'chromium']) {
    try {
      return execFileSync('which', [name], { stdio: ['ignore', 'pipe', 'ignore'] }).toString().trim();
    } catch {}
  }
  throw new Error('no Chromium: apt-get install chromium-headless-shell');
}

let browser;
let users = 0;
// One browser serves all tests of a file; each gets a profile of its own.
export async function openPage(t, { width = 1280, height = 860, dark = false, ...options } = {}) {
  browser ??= chromium.launch({ executablePath: program(), args: asRoot ? ['--no-sandbox'] : [] });
  ++users;
  const context = await (await browser).newContext({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light', locale: 'en-GB', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(8000);
  const faults = [];
  page.on('pageerror', (error) => faults.push(`${error}`));
  page.on('console', (message) => {
    // What the browser itself says about an answer of 4xx or 5xx, or a lost connection, is no fault of the page.
    if (message.type() === 'error' && !/Failed to load resource|ERR_|WebSocket connection/.test(message.text())) faults.push(message.text());
  });
  page.faults = faults;
  cleanUp(t, async () => {
    await context.close();
    if (--users === 0) {
      const last = browser;
      browser = undefined;
      await (await last).close();
    }
  });
  return page;
}

// The link a newcomer gets, opened, with a name and a password chosen.
export async function setUp(page, bot, { name = 'ada', password = 'correct horse' } = {}) {
  const link = (await bot.cli('user', 'setup-link')).stdout.trim();
  await page.goto(link);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Password, once more').fill(password);
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByRole('heading', { name: 'How it started' }).waitFor();
}

// Findings of axe that would keep somebody out.
export async function seriousFindings(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(' | ')}`);
}
