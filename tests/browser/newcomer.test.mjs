// What a newcomer does with the dashboard, in Debian's Chromium.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startBot, until } from '../support/bot.mjs';
import { openPage, setUp } from '../support/browser.mjs';

describe('A newcomer with a browser', () => {
  it('opens the link, sets a password, says !ping and reads pong', async (t) => {
    const bot = await startBot(t);
    const page = await openPage(t);
    await setUp(page, bot);
    assert.equal(new URL(page.url()).hash, '', 'the token is out of the address');
    await page.getByRole('link', { name: 'Chat' }).click();
    await page.getByLabel('Message', { exact: true }).fill('!ping');
    await page.keyboard.press('Enter');
    await page.locator('.bubble.bot', { hasText: 'pong' }).waitFor();
    await page.locator('.bubble.you .delivery', { hasText: 'answered' }).waitFor();
    assert.deepEqual(page.faults, []);
  });

  it('is told how to get a link when nobody has an account', async (t) => {
    const bot = await startBot(t);
    const page = await openPage(t);
    await page.goto(`http://127.0.0.1:${bot.port}/`);
    await page.getByText('orrery user setup-link').waitFor();
    await page.goto(`http://127.0.0.1:${bot.port}/setup`);
    await page.getByText('one-time link').waitFor();
  });

  it('signs out and in again, and a wrong password says so', async (t) => {
    const bot = await startBot(t);
    const page = await openPage(t);
    await setUp(page, bot);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Name').fill('ada');
    await page.getByLabel('Password').fill('wrong horse');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('the name or the password is wrong').waitFor();
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Ready', exact: true }).waitFor();
  });

  it('reads everything in Chinese if that is the language of the browser', async (t) => {
    const bot = await startBot(t);
    const browser = await bot.browser();
    const page = await openPage(t, { locale: 'zh-CN' });
    await page.context().addCookies([{ name: 'orrery_session', value: browser.Cookie.split('=')[1], domain: '127.0.0.1', path: '/' }]);
    await page.goto(`http://127.0.0.1:${bot.port}/`);
    await page.getByRole('heading', { name: '就绪', exact: true }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'zh');
  });

  it('can do all of it with the keyboard', async (t) => {
    const bot = await startBot(t);
    const page = await openPage(t);
    await setUp(page, bot);
    await page.goto(`http://127.0.0.1:${bot.port}/`);
    await page.getByRole('heading', { name: 'Ready', exact: true }).waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the content');
    // To the link of the chat, whatever stands before it.
    await until('the focus is on Chat', async () => {
      await page.keyboard.press('Tab');
      return (await page.evaluate(() => document.activeElement?.textContent?.trim())) === 'Chat';
    });
    await page.keyboard.press('Enter');
    await page.getByLabel('Message', { exact: true }).focus();
    await page.keyboard.type('!ping');
    await page.keyboard.press('Enter');
    await page.locator('.bubble.bot', { hasText: 'pong' }).waitFor();
  });
});

describe('The chat page', () => {
  it('keeps several conversations, over a reload and in a second window', async (t) => {
    const bot = await startBot(t);
    const page = await openPage(t);
    await setUp(page, bot);
    const say = async (text) => {
      await page.getByLabel('Message', { exact: true }).fill(text);
      await page.keyboard.press('Enter');
    };
    await page.goto(`http://127.0.0.1:${bot.port}/chat`);
    await say('!ping');
    await page.locator('.bubble.bot', { hasText: 'pong' }).waitFor();
    await page.getByRole('button', { name: 'New conversation' }).first().click();
    await page.getByText('Say something').waitFor();
    await say('!help');
    await page.locator('.bubble.bot').waitFor();
    await page.reload();
    await page.locator('.conversation', { hasText: '!ping' }).waitFor();
    await page.locator('.conversation', { hasText: '!help' }).waitFor();
    assert.equal(await page.locator('.bubble.you').count(), 1);

    const second = await page.context().newPage();
    await second.goto(`http://127.0.0.1:${bot.port}/chat`);
    await second.locator('.conversation', { hasText: '!ping' }).click();
    await page.locator('.conversation', { hasText: '!ping' }).click();
    await say('!ping');
    await second.locator('.bubble.bot').nth(1).waitFor();
  });

  it('loses and doubles nothing over restarts in place, also what is said meanwhile', async (t) => {
    const bot = await startBot(t);
    const page = await openPage(t);
    await setUp(page, bot);
    await page.goto(`http://127.0.0.1:${bot.port}/chat`);
    const count = 12;
    for (let i = 0; i < count; i++) {
      await page.getByLabel('Message', { exact: true }).fill(`!ping ${i}`);
      await page.keyboard.press('Enter');
      if (i % 3 === 1) bot.kill('SIGUSR2');
    }
    await page.locator('.bubble.bot').nth(count - 1).waitFor();
    await until('every message is answered', async () => (await page.locator('.bubble.you.answered').count()) === count);
    const said = await page.locator('.bubble.you .text').allTextContents();
    assert.deepEqual([...said].sort(), Array.from({ length: count }, (_, i) => `!ping ${i}`).sort());
    assert.equal(await page.locator('.bubble.bot').count(), count);
    await page.reload();
    await page.locator('.bubble.bot').nth(count - 1).waitFor();
    assert.equal(await page.locator('.bubble').count(), 2 * count);
  });

  it('shows Markdown, and everything else as the text it is', async (t) => {
    const bot = await startBot(t);
    const page = await openPage(t);
    await setUp(page, bot);
    await page.goto(`http://127.0.0.1:${bot.port}/chat`);
    const nasty = '**bold** `code` <script>window.hit=1</script><img src=x onerror="window.hit=1"> [a](javascript:window.hit=1) ![b](http://203.0.113.1/x.png)';
    await page.getByLabel('Message', { exact: true }).fill(nasty);
    await page.keyboard.press('Enter');
    const bubble = page.locator('.bubble.you');
    await bubble.locator('strong', { hasText: 'bold' }).waitFor();
    await bubble.locator('code', { hasText: 'code' }).waitFor();
    assert.equal(await bubble.locator('script, img, iframe').count(), 0);
    assert.ok((await bubble.locator('a[href^="javascript:"]').count()) === 0);
    assert.equal(await page.evaluate(() => globalThis.hit), undefined);
  });
});
