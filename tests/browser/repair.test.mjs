// Something breaks: the person who looks after the bot repairs it in the browser.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe, it } from 'node:test';
import { execute, startBot, until } from '../support/bot.mjs';
import { openPage, setUp } from '../support/browser.mjs';

describe('A failed start', () => {
  it('is read in three parts, mended in the editor and retried until ready', async (t) => {
    const bot = await startBot(t, { config: '# my bot\n[database]\nurl = "sqlite:nowhere/x.db"\n', wait: 'listening' });
    await bot.state('runtime_failed');
    const page = await openPage(t);
    const link = (await bot.cli('user', 'setup-link')).stdout.trim();
    await page.goto(link);
    await page.getByLabel('Name').fill('ada');
    await page.getByLabel('Password', { exact: true }).fill('correct horse');
    await page.getByLabel('Password, once more').fill('correct horse');
    await page.getByRole('button', { name: 'Make the account' }).click();

    await page.getByRole('heading', { name: 'The bot could not start' }).waitFor();
    await page.getByText('The component “database” did not start').waitFor();
    assert.match(await page.locator('.three-parts .why').innerText(), /nowhere/);
    assert.ok((await page.locator('.three-parts .remedy').innerText()).length > 10);

    await page.getByRole('link', { name: 'Mend the configuration' }).click();
    const editor = page.getByLabel('Text of the configuration file');
    await editor.waitFor();
    // A mistake first: it is named with its line, and cannot be saved.
    await editor.fill('# my bot\n[database]\nurl = "sqllite:x.db"\nbusy_timout = "5s"\n');
    await page.getByText('line 3').waitFor();
    await page.locator('.faults', { hasText: 'busy_timeout' }).waitFor();
    assert.ok(await page.getByRole('button', { name: 'Save and retry' }).isDisabled());
    await editor.fill('# my bot\n[database]\nurl = "sqlite:orrery.db"\n');
    await page.locator('.diff .in', { hasText: 'sqlite:orrery.db' }).waitFor();
    await page.getByText('The text is valid.').waitFor();
    await page.getByRole('button', { name: 'Save and retry' }).click();
    await page.getByText('Nothing needs repair. The bot is ready.').waitFor();
    assert.equal((await bot.status()).ready, true);
    assert.equal(fs.readFileSync(bot.configFile, 'utf8'), '# my bot\n[database]\nurl = "sqlite:orrery.db"\n');
    assert.match(fs.readFileSync(`${bot.configFile}.bak`, 'utf8'), /nowhere/);
    assert.deepEqual(page.faults, []);
  });

  it('can be retried in safe mode, once, and says so', async (t) => {
    const bot = await startBot(t, { config: '[database]\nurl = "sqlite:nowhere/x.db"\n', wait: 'listening' });
    await bot.state('runtime_failed');
    const page = await openPage(t);
    await setUpFailed(page, bot);
    bot.configure('');
    await page.getByRole('button', { name: 'Retry in safe mode' }).click();
    await page.getByText('Safe mode: no plugin is loaded').waitFor();
    assert.equal((await bot.status()).safe_mode, true);
    assert.equal((await bot.cli('restart', '--runtime')).code, 0);
    assert.equal((await bot.status()).safe_mode, false);
  });

  it('gives a support bundle that holds what helps and no secret', async (t) => {
    const bot = await startBot(t, { config: '[discord]\ntoken = "very-secret-token"\n[database]\nurl = "sqlite:nowhere/very-secret-token.db"\n', wait: 'listening' });
    await bot.state('runtime_failed');
    const page = await openPage(t);
    await setUpFailed(page, bot);
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Support bundle' }).click()]);
    const file = await download.path();
    const bytes = fs.readFileSync(file);
    assert.equal(bytes.subarray(0, 2).toString(), 'PK');
    for (const name of ['README.txt', 'status.json', 'configuration.toml', 'log.jsonl', 'machine.txt']) assert.ok(bytes.includes(name), name);
    const read = await execute('python3', ['-c', 'import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nfor n in z.namelist(): sys.stdout.write(z.read(n).decode())', file], { asUser: false });
    assert.equal(read.code, 0, read.stderr);
    assert.match(read.stdout, /nowhere/);
    assert.ok(!read.stdout.includes('very-secret-token'));
  });

  it('is seen live: a page that is open follows failure, retry and readiness', async (t) => {
    const bot = await startBot(t, { config: '' });
    const page = await openPage(t);
    await setUp(page, bot);
    bot.configure('[database]\nurl = "sqlite:nowhere/x.db"\n');
    await bot.cli('restart', '--runtime');
    await page.getByRole('heading', { name: 'The bot could not start' }).waitFor();
    bot.configure('');
    await page.getByRole('button', { name: 'Retry', exact: true }).click();
    await page.getByRole('heading', { name: 'Ready', exact: true }).waitFor();
    assert.equal(await page.getByRole('heading', { name: 'The bot could not start' }).count(), 0);
  });
});

async function setUpFailed(page, bot) {
  await page.goto((await bot.cli('user', 'setup-link')).stdout.trim());
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password', { exact: true }).fill('correct horse');
  await page.getByLabel('Password, once more').fill('correct horse');
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByRole('heading', { name: 'The bot could not start' }).waitFor();
}

describe('A restart in place with the page open', () => {
  it('is told by the page, which goes on without a reload', async (t) => {
    const bot = await startBot(t);
    const page = await openPage(t);
    await setUp(page, bot);
    await page.evaluate(() => (globalThis.same = true));
    await page.getByRole('button', { name: 'Restart the program' }).click();
    await page.getByRole('button', { name: 'Yes, do it' }).click();
    await page.getByText(/Restarted in place; back after \d+ ms/).waitFor();
    await page.getByRole('heading', { name: 'Ready', exact: true }).waitFor();
    assert.equal((await bot.status()).restarts, 1);
    assert.equal(await page.evaluate(() => globalThis.same), true);
    assert.equal(bot.ended, null);
    t.diagnostic(await page.locator('.connection').innerText());
    assert.deepEqual(page.faults, []);
  });

  it('is refused with the reason when the new program would not start', async (t) => {
    const bot = await startBot(t, { config: '' });
    const page = await openPage(t);
    await setUp(page, bot);
    bot.configure('[nonsense]\nx = 1\n');
    await page.getByRole('button', { name: 'Restart the program' }).click();
    await page.getByRole('button', { name: 'Yes, do it' }).click();
    await page.getByText(/the new program would not start/).waitFor();
    assert.equal((await bot.status()).restarts, 0);
  });
});

describe('The configuration form', () => {
  it('changes one key in the file, keeps its comments, and restarts the runtime', async (t) => {
    const bot = await startBot(t, { config: '# keep me\n[commands]\n# the prefix\nprefix = "!"\n' });
    const page = await openPage(t);
    await setUp(page, bot);
    await page.goto(`http://127.0.0.1:${bot.port}/settings`);
    await page.getByLabel('prefix', { exact: true }).fill('?');
    await page.getByLabel('prefix', { exact: true }).blur();
    await page.locator('.changes', { hasText: 'commands.prefix' }).waitFor();
    await page.getByRole('button', { name: 'Save and restart the runtime' }).click();
    await until('the file holds it', () => fs.readFileSync(bot.configFile, 'utf8').includes('prefix = "?"'));
    await bot.state({ generation: 2, ready: true });
    assert.equal(fs.readFileSync(bot.configFile, 'utf8'), '# keep me\n[commands]\n# the prefix\nprefix = "?"\n');
    assert.deepEqual((await (await bot.talk()).ask('?ping')).replies, ['pong']);
  });

  it('names what is wrong beside the field and saves nothing', async (t) => {
    const bot = await startBot(t, { config: '' });
    const page = await openPage(t);
    await setUp(page, bot);
    await page.goto(`http://127.0.0.1:${bot.port}/settings`);
    await page.getByLabel('read_timeout').fill('soon');
    await page.getByLabel('read_timeout').blur();
    await page.getByRole('alert').filter({ hasText: 'expected a duration' }).waitFor();
    assert.ok(await page.getByRole('button', { name: 'Save', exact: true }).isDisabled());
  });
});
