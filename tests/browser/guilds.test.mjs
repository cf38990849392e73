// Who looks after a guild, and after the database, in the browser.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startBot, until } from '../support/bot.mjs';
import { openPage, setUp } from '../support/browser.mjs';

async function opened(t, target, options = {}) {
  const bot = await startBot(t, options);
  const page = await openPage(t);
  await setUp(page, bot);
  await page.goto(`http://127.0.0.1:${bot.port}${target}`);
  return { bot, page };
}
const card = (page, title) => page.locator('.card', { has: page.getByRole('heading', { name: title, exact: true }) });

describe('Permissions in the browser', () => {
  it('are changed, undone, explained, and found again in the audit log', async (t) => {
    const { page } = await opened(t, '/guilds');
    const rank = page.getByLabel('Rank for prefix set');
    await rank.selectOption('5');
    await page.getByText('Kept.').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await until('it is as before', async () => (await rank.inputValue()) === '');

    const roles = card(page, 'Roles');
    await roles.getByLabel("The role's id").fill('mods');
    await roles.getByLabel('Rank', { exact: true }).selectOption('4');
    await roles.getByRole('button', { name: 'Add' }).click();
    await roles.getByLabel('Rank for mods').waitFor();
    await rank.selectOption('4');

    const explain = card(page, 'Why may somebody, or why not?');
    await explain.getByLabel('Command').selectOption('prefix set');
    await explain.getByLabel("The user's id").fill('eve');
    await explain.getByRole('button', { name: 'Explain' }).click();
    await explain.getByText('May not use prefix set.').waitFor();
    await explain.getByText('requires rank 4').waitFor();
    await explain.getByLabel('Ids of their roles').fill('mods');
    await explain.getByRole('button', { name: 'Explain' }).click();
    await explain.getByText('May use prefix set.').waitFor();

    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByText('Rank of role').waitFor();
    const entries = await page.locator('.list li').allInnerTexts();
    assert.equal(entries.length, 4);
    assert.match(entries[0], /Rank for command prefix set: default → 4/);
    assert.match(entries[3], /undone by 2/);
    assert.match(entries[0], /ada/, 'it says who');
    await page.locator('.list li').nth(1).getByRole('button', { name: 'Undo' }).click();
    await page.getByText('undone by 5').waitFor();
    const rules = await page.evaluate(async () => (await (await fetch('/api/permissions?guild=webchat')).json()).data);
    assert.deepEqual(rules.roles, []);
    assert.deepEqual(page.faults, []);
  });

  it('show what somebody typed as it is, and what was wrong with it', async (t) => {
    const { page } = await opened(t, '/guilds');
    const roles = card(page, 'Roles');
    const evil = `<img src=x onerror="document.title='owned'">`;
    await roles.getByLabel("The role's id").fill(evil);
    await roles.getByRole('button', { name: 'Add' }).click();
    await roles.locator('li, .problem').getByText('<img').first().waitFor();
    const ranks = card(page, 'Ranks');
    await ranks.getByLabel('Name', { exact: true }).fill('Moderator');
    await ranks.getByRole('button', { name: 'Name it' }).click();
    await ranks.getByText("rank 3 is called 'Moderator' already").waitFor();
    assert.notEqual(await page.title(), 'owned');
    assert.deepEqual(page.faults, []);
  });
});

describe('The settings of a guild in the browser', () => {
  it('give it another prefix at once, and close it for maintenance', async (t) => {
    const { bot, page } = await opened(t, '/guilds/settings');
    await page.getByLabel('Another prefix').fill('hey ');
    await page.getByRole('button', { name: 'Add' }).click();
    await page.getByText('no spaces').waitFor();
    await page.getByLabel('Another prefix').fill('hey-');
    await page.getByRole('button', { name: 'Add' }).click();
    await page.getByText('hey-', { exact: true }).waitFor();
    assert.match((await bot.cli('chat', 'hey-ping')).stdout, /pong/);
    await page.getByLabel('What others are told').fill('back at noon');
    await page.getByRole('button', { name: 'Serve only the owner' }).click();
    await page.getByText('Only the owner is served: back at noon').waitFor();
    assert.match((await bot.cli('chat', '--as', 'eve', '!ping')).stdout, /under maintenance: back at noon/);
    await page.getByRole('button', { name: 'Serve everyone again' }).click();
    await page.getByLabel('What others are told').waitFor();
    assert.match((await bot.cli('chat', '--as', 'eve', '!ping')).stdout, /pong/);
    assert.deepEqual(page.faults, []);
  });
});

describe('The database in the browser', () => {
  it('is checked, copied, and put back as it was', async (t) => {
    const { bot, page } = await opened(t, '/database', { env: { ORRERY_DATABASE__URL: 'sqlite:orrery.db' } });
    await page.getByText('There is none yet.').waitFor();
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByText('Exactly as declared.').waitFor();
    await page.getByRole('button', { name: 'Make a copy' }).click();
    await page.getByText('was made.').waitFor();
    await bot.cli('chat', '!prefix set ?');
    assert.match((await bot.cli('chat', '?ping')).stdout, /pong/);
    await page.getByRole('button', { name: 'Put back' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Yes, do it' }).click();
    await page.getByText('was put back').waitFor();
    await until('it is ready', async () => (await bot.status()).ready);
    assert.match((await bot.cli('chat', '!ping')).stdout, /pong/);
    await until('both copies are listed', async () => (await page.locator('.card', { hasText: 'Copies' }).locator('.list li').count()) === 2);
    assert.deepEqual(page.faults, []);
  });
});
