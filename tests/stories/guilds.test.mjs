// Permissions, prefixes and copies by HTTP, as the dashboard and other programs use them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startBot, until } from '../support/bot.mjs';

const guild = 'webchat';
const change = (bot, what, subject, value) => bot.control('POST', '/api/permissions/change', { guild, what, subject, value });

describe('The commands', { concurrency: 3 }, () => {
  it('are listed, and written down for people and for Discord, from their declarations', async (t) => {
    const bot = await startBot(t);
    const list = await bot.cli('commands');
    assert.equal(list.code, 0, list.stderr);
    assert.match(list.stdout, /^prefix set PREFIX +Sets the only prefix\.$/m);
    assert.match(list.stdout, /^maintenance .*\(owner\)$/m);
    const reference = await bot.cli('commands', '--markdown');
    assert.match(reference.stdout, /^# Commands\n\n## /);
    assert.match(reference.stdout, /^### `!why /m);
    const slash = JSON.parse((await bot.cli('commands', '--discord')).stdout);
    const permissions = slash.find((one) => one.name === 'permissions');
    const role = permissions.options.find((one) => one.name === 'role');
    assert.equal(role.type, 1);
    assert.deepEqual(role.options.map((one) => [one.name, one.type, one.required]), [['role', 8, true], ['rank', 3, true]]);
    const count = (options) => options.reduce((most, one) => Math.max(most, 1 + count(one.options ?? [])), 0);
    for (const one of slash) {
      assert.match(one.name, /^[a-z0-9_-]{1,32}$/);
      assert.ok(one.description.length >= 1 && one.description.length <= 100);
      assert.ok(one.options.length <= 25 && count(one.options) <= 3);
    }
    assert.equal((await bot.cli('commands', '--json')).code, 0);
    assert.equal((await bot.cli('commands', '--markdown', '--discord')).code, 2);
    await bot.stop();
    assert.equal((await bot.cli('commands')).code, 69);
  });
});

describe('Permissions over HTTP', { concurrency: 3 }, () => {
  it('are shown, changed, explained, audited and undone, and hold for the chat at once', async (t) => {
    const bot = await startBot(t);
    const before = (await bot.control('GET', `/api/permissions?guild=${guild}`)).json.data;
    assert.equal(before.ranks.length, 11);
    assert.equal(before.commands.find((c) => c.path === 'prefix set').access, 'ranked');
    const kept = await change(bot, 'command', 'ping', '3');
    assert.equal(kept.status, 200, kept.text);
    assert.match((await bot.cli('chat', '--as', 'bob', '!ping')).stdout, /needs rank 3 \(Moderator\)/);
    const why = (await bot.control('GET', `/api/permissions/explain?guild=${guild}&command=ping&user=user:bob`)).json.data;
    assert.equal(why.allowed, false);
    assert.match(why.steps.at(-1).text, /requires rank 3/);
    const audit = (await bot.control('GET', `/api/audit?guild=${guild}`)).json.data.entries;
    assert.deepEqual([audit[0].what, audit[0].subject, audit[0].was, audit[0].became], ['command', 'ping', null, '3']);
    assert.equal((await bot.control('POST', '/api/permissions/undo', { guild, number: kept.json.data.number })).status, 200);
    assert.equal((await bot.control('POST', '/api/permissions/undo', { guild, number: kept.json.data.number })).status, 409);
    assert.equal((await bot.cli('chat', '--as', 'bob', '!ping')).stdout, 'pong\n');
  });

  it('are one log with prefixes and maintenance, which say how they are taken back', async (t) => {
    const bot = await startBot(t);
    assert.equal((await bot.control('POST', '/api/guild/prefixes', { guild, add: '?' })).status, 200);
    assert.equal((await bot.control('POST', '/api/maintenance', { reason: 'moving house' })).status, 200);
    const entries = (await bot.control('GET', `/api/audit?guild=${guild}`)).json.data.entries;
    assert.deepEqual(entries.map((e) => [e.what, e.subject, e.was, e.became, e.undoable]), [
      ['setting', 'maintenance', null, 'moving house', false],
      ['prefixes', '', null, '! ?', false],
    ]);
    assert.ok(entries.every((e) => e.actor.startsWith('account:')));
    const undone = await bot.control('POST', '/api/permissions/undo', { guild, number: entries[1].number });
    assert.equal(undone.status, 422, undone.text);
    assert.match(undone.text, /set again what was there before: the default/);
  });

  it('refuse nonsense by its status, and change nothing', async (t) => {
    const bot = await startBot(t);
    const cases = [
      [change(bot, 'role', 'r', '11'), 422],
      [change(bot, 'role', '', '1'), 422],
      [change(bot, 'role', 'x'.repeat(257), '1'), 422],
      [change(bot, 'nonsense', 'r', '1'), 422],
      [change(bot, 'command', 'prefx', '1'), 404],
      [change(bot, 'command', 'maintenance', '1'), 403],
      [change(bot, 'user exception', 'ping', 'allow'), 422],
      [change(bot, 'rank', '3', 'Administrator'), 409],
      [bot.control('POST', '/api/permissions/change', '{'), 422],
      [bot.control('POST', '/api/permissions/change', { guild, what: 'role', subject: 'r', value: 3 }), 422],
      [bot.control('POST', '/api/permissions/undo', { guild, number: 99 }), 404],
      [bot.control('POST', '/api/permissions/undo', { guild, number: 'x' }), 422],
      [bot.control('GET', `/api/permissions/explain?guild=${guild}&command=nope&user=u`), 404],
      [bot.control('GET', '/api/audit?before=x'), 422],
      [bot.control('POST', '/api/guild/prefixes', { guild, prefixes: ['a b'] }), 422],
      [bot.control('POST', '/api/guild/prefixes', { guild, prefixes: 'x' }), 422],
      [bot.control('POST', '/api/maintenance', {}), 422],
    ];
    for (const [asking, status] of cases) {
      const answer = await asking;
      assert.equal(answer.status, status, answer.text);
      assert.equal(answer.json.status, 'error');
    }
    assert.deepEqual((await bot.control('GET', '/api/audit')).json.data.entries, []);
    const sql = "r'; DROP TABLE audit; --";
    assert.equal((await change(bot, 'role', sql, '4')).status, 200);
    assert.equal((await bot.control('GET', `/api/permissions?guild=${guild}`)).json.data.roles[0].id, sql);
  });

  it('hold for the command and the person that were meant', async (t) => {
    const bot = await startBot(t, { config: '[permissions]\nnever = ["tz", "prefx"]\n' });
    await bot.event('permissions.never names no command');
    assert.match((await bot.cli('chat', '--as', 'bob', '!tz')).stdout, /Only the owner of the bot/);
    assert.match((await bot.cli('chat', '!permissions command timezone 0')).stdout, /can be given to nobody/);
    assert.equal((await bot.cli('chat', '--as', 'bob', '!ping')).stdout, 'pong\n');
    assert.match((await bot.cli('chat', '!permissions user ping bob deny')).stdout, /Done/);
    assert.match((await bot.cli('chat', '--as', 'bob', '!ping')).stdout, /excepted from using 'ping'/);
    assert.match((await bot.cli('chat', '!why ping bob')).stdout, /bob may not use !ping/);
    assert.match((await bot.cli('chat', '!why ping nobody')).stdout, /no user 'nobody' here/);
    assert.match((await bot.cli('chat', '!permissions role mods 3')).stdout, /no role 'mods' here/);
    assert.equal((await bot.cli('chat', '@orrery ping')).stdout, 'pong\n');
    const changed = await change(bot, 'command', 'perms show', '3');
    assert.equal(changed.status, 200);
    const rules = (await bot.control('GET', `/api/permissions?guild=${guild}`)).json.data;
    assert.equal(rules.commands.find((c) => c.path === 'permissions show').rank, 3);
    assert.equal((await change(bot, 'command', 'permissions show', '3')).status, 409, 'nothing would change');
  });

  it('of a guild that can be none, and prefixes that nobody can see, are refused', async (t) => {
    const bot = await startBot(t);
    for (const id of ['', 'x'.repeat(257), 'a\nb', '\u202eabc', 'a b'])
      assert.equal((await bot.control('POST', '/api/guild/prefixes', { guild: id, prefixes: ['?'] })).status, 422, JSON.stringify(id));
    for (const prefix of ['\u200b', '\u202e!', '\ufeff', '\u00a0', '', 'a b', 'x'.repeat(17), '\0'])
      assert.equal((await bot.control('POST', '/api/guild/prefixes', { guild, add: prefix })).status, 422, JSON.stringify(prefix));
    for (const reason of ['', 'a\nb', 'x'.repeat(201), '\u202e'])
      assert.equal((await bot.control('POST', '/api/maintenance', { reason })).status, 422, JSON.stringify(reason));
    const added = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => bot.control('POST', '/api/guild/prefixes', { guild, add: `p${n}` })));
    assert.ok(added.every((answer) => answer.status === 200));
    assert.equal((await bot.control('GET', `/api/guild?guild=${guild}`)).json.data.prefixes.length, 7);
    assert.equal((await bot.control('POST', '/api/guild/prefixes', { guild, remove: 'none' })).status, 404);
  });

  it('are for who has signed in, and while the bot is ready', async (t) => {
    const bot = await startBot(t);
    for (const target of ['/api/permissions', '/api/commands', '/api/audit', '/api/guild', '/api/database']) assert.equal((await bot.http('GET', target)).status, 401, target);
    const key = (await bot.control('POST', '/api/keys', { name: 'reader', scopes: ['read'] })).json.data.key;
    const headers = { Authorization: `Bearer ${key}` };
    assert.equal((await bot.http('GET', `/api/permissions?guild=${guild}`, { headers })).status, 200);
    assert.equal((await bot.http('POST', '/api/permissions/change', { headers, body: { guild, what: 'role', subject: 'r', value: '1' } })).status, 403);
    assert.equal((await bot.http('POST', '/api/database/backup', { headers })).status, 403);
  });

  it('wait for a bot that is busy only so long', async (t) => {
    const bot = await startBot(t, { drill: true });
    const talk = await bot.talk();
    talk.say('!block 8000');
    await until('the bot is busy', async () => /!block/.test(JSON.stringify((await bot.status()).waiting_on)));
    const answer = await bot.control('GET', `/api/permissions?guild=${guild}`);
    assert.equal(answer.status, 504, answer.text);
    assert.match(answer.json.message, /busy/);
  });
});

describe('The database over HTTP', { concurrency: 2 }, () => {
  it('is copied, and a copy put back starts the runtime anew with what was in it', async (t) => {
    const bot = await startBot(t);
    await bot.cli('chat', '!prefix set ?');
    const { file } = (await bot.control('POST', '/api/database/backup', {})).json.data;
    await bot.cli('chat', '?prefix set !');
    const shown = (await bot.control('GET', '/api/database')).json.data;
    assert.equal(shown.version, shown.newest);
    assert.equal(shown.backups[0].file, file);
    const restored = await bot.control('POST', '/api/database/restore', { file });
    assert.equal(restored.status, 200, restored.text);
    await until('it answers to the old prefix', async () => (await bot.cli('chat', '?ping')).stdout === 'pong\n');
    assert.deepEqual((await bot.control('GET', '/api/database/differences')).json.data.differences, []);
  });

  it('does not put back what is no copy, nor read elsewhere', async (t) => {
    const bot = await startBot(t);
    for (const [file, status] of [['nope.db', 404], ['../orrery.db', 422], ['.hidden', 422], ['', 422]]) {
      assert.equal((await bot.control('POST', '/api/database/restore', { file })).status, status, file);
    }
    assert.equal((await bot.cli('chat', '!ping')).stdout, 'pong\n');
  });

  it('is shown with its trouble when the runtime could not start', async (t) => {
    const bot = await startBot(t, { config: '[database]\nurl = "sqlite:nowhere/x.db"\n', wait: 'listening' });
    await bot.state('runtime_failed');
    const shown = (await bot.control('GET', '/api/database')).json.data;
    assert.match(shown.problem, /nowhere/);
    assert.equal((await bot.control('GET', '/api/permissions')).status, 503);
  });
});
