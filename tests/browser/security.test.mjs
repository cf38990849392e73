// What an attacker tries against the dashboard: refused, or shown as the text it is.
import assert from 'node:assert/strict';
import http from 'node:http';
import { describe, it } from 'node:test';
import { cleanUp, startBot } from '../support/bot.mjs';
import { openPage, setUp } from '../support/browser.mjs';

const nasty = '"><img src=x onerror="window.hit=1"><script>window.hit=1</script>';

// Another site, on another name, with a page of ours to attack.
async function site(t, body) {
  const server = http.createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end(body));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUp(t, () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))));
  return `http://localhost:${server.address().port}/`;
}

describe('Another site', () => {
  it('cannot make the browser of somebody who is signed in do anything', async (t) => {
    const bot = await startBot(t);
    const page = await openPage(t);
    await setUp(page, bot);
    const boot = (await bot.status()).boot;
    const ours = `http://127.0.0.1:${bot.port}`;
    const evil = await site(t, `<form id=f method=post action="${ours}/api/runtime/shutdown" enctype="text/plain"><input name='{"a":"' value='"}'></form>`);
    await page.goto(evil);
    const outcomes = await page.evaluate(async (ours) => {
      const tries = [
        fetch(`${ours}/api/runtime/shutdown`, { method: 'POST', mode: 'no-cors', credentials: 'include' }),
        fetch(`${ours}/api/runtime/shutdown`, { method: 'POST', credentials: 'include', headers: { 'X-Orrery-Csrf': 'guess' } }),
        fetch(`${ours}/api/stat/runtime-status`, { credentials: 'include' }),
        new Promise((resolve, reject) => {
          const socket = new WebSocket(`${ours.replace('http', 'ws')}/api/chat/ws`);
          socket.onopen = () => resolve('open');
          socket.onerror = () => reject(new Error('refused'));
        }),
      ];
      const ends = await Promise.allSettled(tries);
      return ends.map((end) => (end.status === 'rejected' ? 'refused' : (end.value.type ?? end.value)));
    }, ours);
    assert.deepEqual(outcomes, ['refused', 'refused', 'refused', 'refused']);
    await page.evaluate(() => document.getElementById('f').submit());
    await page.waitForURL(/shutdown/);
    assert.equal((await bot.status()).boot, boot);
    assert.equal((await bot.status()).ready, true);
  });

  it('cannot frame it', async (t) => {
    const bot = await startBot(t);
    const page = await openPage(t);
    const evil = await site(t, `<iframe src="http://127.0.0.1:${bot.port}/" width=800 height=600></iframe>`);
    await page.goto(evil);
    const frame = page.frames().find((one) => one !== page.mainFrame());
    assert.ok(!(await frame.content()).includes('<title>Orrery</title>'));
  });

  it('cannot come under a name of its own (rebinding)', async (t) => {
    const bot = await startBot(t);
    for (const host of ['evil.example', `evil.example:${bot.port}`, '127.0.0.1.evil.example', 'localhost.evil.example']) {
      const answer = await bot.http('GET', '/', { headers: { Host: host } });
      assert.equal(answer.status, 421, host);
    }
  });
});

describe('A session', () => {
  it('cannot be fixed beforehand: signing in makes a new one', async (t) => {
    const bot = await startBot(t);
    const browser = await bot.browser();
    const planted = 'orrery_session=planted-by-somebody-else';
    const answer = await bot.http('POST', '/api/auth/login', { headers: { Cookie: planted }, body: { username: 'ada', password: 'correct horse' } });
    assert.equal(answer.status, 200);
    const given = answer.headers['set-cookie'][0];
    assert.ok(!given.includes('planted'));
    assert.notEqual(given.split(';')[0], browser.Cookie);
    assert.match(given, /HttpOnly; SameSite=Strict/);
    assert.equal((await bot.http('GET', '/api/auth/session', { headers: { Cookie: planted } })).status, 401);
  });

  it('ends everywhere when that is asked, and open streams with it', async (t) => {
    const bot = await startBot(t);
    const browser = await bot.browser();
    const other = await bot.http('POST', '/api/auth/login', { body: { username: 'ada', password: 'correct horse' } });
    const otherCookie = other.headers['set-cookie'][0].split(';')[0];
    const ended = new Promise((resolve) => {
      const asking = http.get({ host: '127.0.0.1', port: bot.port, path: '/api/runtime/events', headers: { Cookie: otherCookie }, agent: false }, (answer) => answer.resume().on('end', () => resolve('ended')));
      asking.on('error', resolve);
    });
    assert.equal((await bot.http('POST', '/api/auth/logout', { headers: browser, body: { everywhere: true } })).status, 200);
    assert.equal(await ended, 'ended');
    for (const cookie of [browser.Cookie, otherCookie]) assert.equal((await bot.http('GET', '/api/auth/session', { headers: { Cookie: cookie } })).status, 401);
  });
});

describe('What is typed', () => {
  it('is text in every field that shows it again', async (t) => {
    const bot = await startBot(t, { config: '' });
    const page = await openPage(t);
    const dialogs = [];
    page.on('dialog', (dialog) => (['beforeunload', 'confirm'].includes(dialog.type()) ? dialog.accept() : dialogs.push(dialog.dismiss())));
    await setUp(page, bot, { name: `a${nasty.slice(0, 50)}` });
    // Looked at before each page is left, and on the last.
    const harmless = async () => {
      assert.equal(await page.evaluate(() => globalThis.hit), undefined, page.url());
      assert.equal(await page.locator('img[src="x"]').count(), 0, page.url());
    };
    const at = async (target) => {
      await harmless();
      await page.goto(`http://127.0.0.1:${bot.port}${target}`);
    };
    await page.locator('.me .name', { hasText: 'onerror' }).waitFor();

    await at('/settings/keys');
    await page.getByLabel('What it is for').fill(nasty.slice(0, 60));
    await page.getByRole('button', { name: 'Make a key' }).click();
    await page.locator('.list', { hasText: 'onerror' }).waitFor();
    await page.locator('code.secret').waitFor();

    await at('/settings/users');
    await page.locator('.list', { hasText: 'onerror' }).first().waitFor();
    await page.getByLabel('Name', { exact: true }).fill(`b${nasty.slice(0, 50)}`);
    await page.locator('[name=new-user-password]').fill('correct horse');
    await page.getByRole('button', { name: 'Add a user' }).click();
    await page.locator('.notice', { hasText: 'may sign in now' }).waitFor();

    await at('/settings');
    await page.getByLabel('prefix', { exact: true }).fill(nasty.slice(0, 14));
    await page.getByLabel('prefix', { exact: true }).blur();
    await page.locator('.changes, [role=alert]').first().waitFor();
    await page.getByRole('button', { name: 'As text' }).click();
    await page.getByLabel('Text of the configuration file').fill(`[x"><img src=x onerror=window.hit=1>]\n`);
    await page.getByText('What is wrong').waitFor();

    await at('/chat');
    await page.getByLabel('Message', { exact: true }).fill(nasty);
    await page.keyboard.press('Enter');
    await page.locator('.bubble.you', { hasText: 'onerror' }).waitFor();

    // What comes in by the log: a message nobody knows the name of, in a fact and its fields.
    await bot.http('POST', '/api/auth/login', { body: { username: nasty, password: nasty } });
    await at('/logs');
    await page.locator('.log-line').first().waitFor();
    await page.getByLabel('Text').fill(nasty);
    await at('/');
    await page.getByRole('heading', { name: 'Ready', exact: true }).waitFor();

    await harmless();
    assert.deepEqual(dialogs, []);
    assert.deepEqual(page.faults, []);
  });

  it('cannot put a header into an answer', async (t) => {
    const bot = await startBot(t);
    for (const target of ['/%0d%0aX-Evil:%201', '/?a=%0d%0aX-Evil:%201', '/api/runtime/timeline?format=%0d%0aX-Evil:1', '/assets/%0aX-Evil:1']) {
      const answer = await bot.http('GET', target);
      assert.equal(answer.headers['x-evil'], undefined, target);
    }
    const browser = await bot.browser();
    const answer = await bot.http('POST', '/api/auth/login', { headers: browser, body: { username: 'ada\r\nX-Evil: 1', password: 'correct horse' } });
    assert.equal(answer.headers['x-evil'], undefined);
  });
});

describe('The Content-Security-Policy', () => {
  it('lets no inline script run, even one that got into the page', async (t) => {
    const bot = await startBot(t);
    const page = await openPage(t);
    await page.goto(`http://127.0.0.1:${bot.port}/`);
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.hit = 1';
      document.body.append(script);
      document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.hit = 1">');
    });
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
    assert.equal(await page.evaluate(() => globalThis.hit), undefined);
  });

  it('stands in every answer, also of an error', async (t) => {
    const bot = await startBot(t);
    for (const target of ['/', '/nowhere', '/api/stat/version', '/api/users', '/livez']) {
      const { headers } = await bot.http('GET', target);
      assert.match(headers['content-security-policy'], /script-src 'self'; .*frame-ancestors 'none'/, target);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['x-frame-options'], 'DENY');
    }
  });
});

describe('An API key', () => {
  it('is made in the settings, does what its scopes say, and is revoked', async (t) => {
    const bot = await startBot(t);
    const page = await openPage(t);
    await setUp(page, bot);
    await page.goto(`http://127.0.0.1:${bot.port}/settings/keys`);
    await page.getByLabel('What it is for').fill('a watcher');
    await page.getByRole('button', { name: 'Make a key' }).click();
    const key = await page.locator('code.secret').innerText();
    const as = { headers: { Authorization: `Bearer ${key}` } };
    assert.equal((await bot.http('GET', '/api/stat/runtime-status', as)).status, 200);
    assert.equal((await bot.http('POST', '/api/runtime/shutdown', as)).status, 403);
    await page.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('button', { name: 'Yes, do it' }).click();
    await page.getByText('There is no key.').waitFor();
    assert.equal((await bot.http('GET', '/api/stat/runtime-status', as)).status, 401);
  });
});
