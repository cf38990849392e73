// Every page, as people see it: pictures in light, dark and on a phone; nobody is kept out; nothing
// jumps; it is there at once.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { startBot, until } from '../support/bot.mjs';
import { openPage, screens, seriousFindings } from '../support/browser.mjs';

const pages = { overview: '/', chat: '/chat', logs: '/logs', settings: '/settings', users: '/settings/users', keys: '/settings/keys', appearance: '/settings/appearance', about: '/settings/about', recovery: '/recovery', guilds: '/guilds', commands: '/guilds/commands', guild: '/guilds/settings', audit: '/guilds/audit', database: '/database' };
const looks = { light: {}, dark: { dark: true }, phone: { width: 390, height: 844 } };

async function signedIn(t, bot, browser, options) {
  const page = await openPage(t, options);
  await page.context().addCookies([{ name: 'orrery_session', value: browser.Cookie.split('=')[1], domain: '127.0.0.1', path: '/' }]);
  return page;
}
const shoot = async (page, name) => {
  fs.mkdirSync(screens, { recursive: true });
  await page.screenshot({ path: path.join(screens, `${name}.png`), fullPage: true });
};

for (const [look, options] of Object.entries(looks)) {
  describe(`In ${look}`, () => {
    it('every page is drawn, and axe finds nothing serious', async (t) => {
      const bot = await startBot(t);
      const browser = await bot.browser();
      const talk = await bot.talk();
      for (let i = 0; i < 5; i++) await talk.ask('!ping');
      const page = await signedIn(t, bot, browser, options);
      for (const [name, target] of Object.entries(pages)) {
        await page.goto(`http://127.0.0.1:${bot.port}${target}`);
        await page.locator('main .card, main .log').first().waitFor();
        if (name === 'chat') {
          await page.getByLabel('Message', { exact: true }).fill('!help');
          await page.keyboard.press('Enter');
          await page.locator('.bubble.bot').first().waitFor();
        }
        await page.waitForLoadState('load');
        await page.waitForFunction(() => document.getAnimations().filter((a) => a.effect?.getComputedTiming().iterations !== Infinity).length === 0);
        assert.deepEqual(await seriousFindings(page), [], name);
        await shoot(page, `${name}-${look}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(wide <= 0, `${name} is ${wide} pixels too wide`);
      }
      assert.deepEqual(page.faults, []);
    });

    it('a failure and the doors are drawn, and axe finds nothing serious', async (t) => {
      const bot = await startBot(t, { config: '[database]\nurl = "sqlite:nowhere/x.db"\n', wait: 'listening' });
      await bot.state('runtime_failed');
      const door = await openPage(t, options);
      await door.goto(`http://127.0.0.1:${bot.port}/login`);
      await door.getByRole('button', { name: 'Sign in' }).waitFor();
      assert.deepEqual(await seriousFindings(door), []);
      await shoot(door, `login-${look}`);
      await door.goto(`http://127.0.0.1:${bot.port}/setup#token`);
      await door.getByRole('button', { name: 'Make the account' }).waitFor();
      assert.deepEqual(await seriousFindings(door), []);
      await shoot(door, `setup-${look}`);
      const page = await signedIn(t, bot, await bot.browser(), options);
      await page.goto(`http://127.0.0.1:${bot.port}/recovery`);
      await page.getByLabel('Text of the configuration file').waitFor();
      await page.getByRole('heading', { name: 'The bot could not start' }).waitFor();
      assert.deepEqual(await seriousFindings(page), []);
      await shoot(page, `failed-${look}`);
    });
  });
}

describe('Three hundred components', () => {
  it('can be read: what mattered first, all of them at a glance, and each by its name', async (t) => {
    const bot = await startBot(t, { drill: true, env: { DRILL_PARTS: '300' } });
    const page = await signedIn(t, bot, await bot.browser(), {});
    await page.goto(`http://127.0.0.1:${bot.port}/`);
    await page.getByRole('button', { name: /Show all 3\d\d/ }).waitFor();
    assert.ok((await page.locator('.waterfall .row').count()) < 45);
    await page.getByRole('img', { name: /All 3\d\d components/ }).waitFor();
    await shoot(page, 'overview-300-light');
    await page.getByLabel('Filter components').fill('part-17');
    await until('only those', async () => (await page.locator('.waterfall .row').allTextContents()).every((text) => text.includes('part-17')));
    await page.getByLabel('Filter components').fill('');
    await page.getByRole('button', { name: /Show all 3\d\d/ }).click();
    assert.ok((await page.locator('.waterfall .row').count()) > 300);
  });
});

describe('The page', () => {
  it('is painted at once (the time is told, not judged), and nothing jumps', async (t) => {
    const bot = await startBot(t);
    const browser = await bot.browser();
    const page = await signedIn(t, bot, browser, {});
    await page.addInitScript(() => {
      globalThis.jumps = [];
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.jumps.push({ value: entry.value, who: entry.sources.map((s) => s.node?.className ?? s.node?.nodeName) });
      }).observe({ type: 'layout-shift', buffered: true });
    });
    const paints = [];
    for (let i = 0; i < 7; i++) {
      await page.goto(`http://127.0.0.1:${bot.port}/`);
      await page.getByRole('heading', { name: 'Ready', exact: true }).waitFor();
      paints.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime));
    }
    paints.sort((a, b) => a - b);
    t.diagnostic(`first contentful paint: ${paints.map((ms) => ms.toFixed(0)).join(' ')} ms`);
    const shift = await page.evaluate(() => globalThis.jumps.reduce((sum, jump) => sum + jump.value, 0));
    t.diagnostic(`layout shift ${shift.toFixed(4)}: ${JSON.stringify(await page.evaluate(() => globalThis.jumps))}`);
    assert.ok(shift < 0.1, `it jumps by ${shift}`);
  });

  it('takes 100,000 log lines and goes on answering', async (t) => {
    const bot = await startBot(t, { drill: true });
    const page = await signedIn(t, bot, await bot.browser(), {});
    await page.goto(`http://127.0.0.1:${bot.port}/logs`);
    await page.locator('.log-line').first().waitFor();
    (await bot.talk()).say('!chatter 100000');
    const counted = async () => Number(/of (\d+) lines/.exec(await page.locator('.log-foot').innerText())?.[1]);
    await until('they are all counted', async () => (await counted()) >= 100_000, { within: 20000 });
    assert.ok((await page.locator('.log-line').count()) < 120, 'only what is seen is drawn');
    const slowest = await page.evaluate(async () => {
      const place = document.querySelector('.log');
      let last = performance.now();
      const frames = [];
      for (let i = 0; i < 60; i++) {
        place.scrollTop = (place.scrollHeight / 60) * i;
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const now = performance.now();
        frames.push(now - last);
        last = now;
      }
      return frames.sort((a, b) => b - a)[3];
    });
    t.diagnostic(`the fourth slowest of 60 frames while scrolling took ${slowest.toFixed(0)} ms`);
    await page.getByLabel('Text').fill('number=99999');
    await until('one is found', async () => (await page.locator('.log-foot').innerText()).startsWith('1 of'));
    await page.getByRole('button', { name: 'number=99999' }).click();
    await page.locator('.log-detail', { hasText: '99999' }).waitFor();
    await page.getByLabel('Text').fill('');
    await page.getByLabel('From level').selectOption('warn');
    await until('the warnings are found', async () => (await page.locator('.log-foot').innerText()).startsWith('2000 of'));
  });
});
