// Who may sign in: the first account by a one-time link, sessions, users with and without a running bot.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { execute, program, startBot, temporaryFolder } from '../support/bot.mjs';

const password = 'correct horse';
const given = (bot, options, ...args) => bot.cliWith({ input: `${options.password ?? password}\n` }, 'user', ...args, '--password-stdin');
const signIn = (bot, username = 'ada', secret = password, headers = {}) => bot.http('POST', '/api/auth/login', { headers, body: { username, password: secret } });

async function setupToken(bot) {
  const link = await bot.cli('user', 'setup-link');
  assert.equal(link.code, 0, link.stderr);
  const found = /^http:\/\/([^/]+)\/setup#([\w-]{20,})\n$/.exec(link.stdout);
  assert.ok(found, link.stdout);
  return { place: found[1], token: found[2] };
}

describe('The first account', { concurrency: 3 }, () => {
  it('is made with the link, which works once', async (t) => {
    const bot = await startBot(t);
    assert.deepEqual((await bot.http('GET', '/api/auth/setup')).json.data, { needed: true, open: false });
    const { token } = await setupToken(bot);
    assert.deepEqual((await bot.http('GET', '/api/auth/setup')).json.data, { needed: true, open: true });
    const body = { token, username: 'ada', password };
    assert.equal((await bot.http('POST', '/api/auth/setup', { body: { ...body, token: `${token}x` } })).status, 403);
    const made = await bot.http('POST', '/api/auth/setup', { body });
    assert.equal(made.status, 200, made.text);
    assert.match(made.headers['set-cookie'][0], /HttpOnly.*SameSite=Strict/);
    const again = await bot.http('POST', '/api/auth/setup', { body: { ...body, username: 'eve' } });
    assert.equal(again.status, 403);
    assert.match(again.json.data.remedy, /setup-link/);
    assert.equal((await bot.cli('user', 'list')).stdout, 'ada\n');
    assert.equal((await signIn(bot)).status, 200);
  });

  it('is not lost to a bad password: the link stays good', async (t) => {
    const bot = await startBot(t);
    const { token } = await setupToken(bot);
    assert.equal((await bot.http('POST', '/api/auth/setup', { body: { token, username: 'ada', password: 'short' } })).status, 422);
    assert.equal((await bot.http('POST', '/api/auth/setup', { body: { token, username: 'ada', password } })).status, 200);
  });

  it('is made once, though two use the link at the same moment', async (t) => {
    const bot = await startBot(t);
    const { token } = await setupToken(bot);
    const answers = await Promise.all(['ada', 'eve'].map((username) => bot.http('POST', '/api/auth/setup', { body: { token, username, password } })));
    assert.deepEqual(answers.map((a) => a.status).sort(), [200, 403]);
    assert.equal((await bot.cli('user', 'list')).stdout.split('\n').length, 2);
  });

  it('has a link that names the place where the bot listens', async (t) => {
    const bot = await startBot(t);
    assert.equal((await setupToken(bot)).place, `127.0.0.1:${bot.port}`);
  });

  it('has a link that is never in the JSON log', async (t) => {
    const bot = await startBot(t, { config: '[log]\nlevel = "debug"\n' });
    const { token } = await setupToken(bot);
    await bot.http('POST', '/api/auth/setup', { body: { token, username: 'ada', password } });
    await bot.stop();
    assert.doesNotMatch(bot.everythingSaid(), /\/setup#/);
    assert.ok(!bot.everythingSaid().includes(token) && !bot.everythingSaid().includes(password));
    assert.ok(!fs.readFileSync(path.join(bot.data, 'accounts.json'), 'utf8').includes(token));
  });
});

describe('A session', { concurrency: 3 }, () => {
  it('is a cookie that scripts and other sites do not get', async (t) => {
    const bot = await startBot(t);
    await given(bot, {}, 'add', 'ada');
    const cookie = (await signIn(bot)).headers['set-cookie'][0];
    assert.match(cookie, /^orrery_session=[\w-]{43};/);
    for (const part of ['HttpOnly', 'SameSite=Strict', 'Path=/']) assert.ok(cookie.includes(part), cookie);
    assert.ok(!cookie.includes('Secure'), 'over plain HTTP on the loopback interface it could not be used');
    const forged = await signIn(bot, 'ada', password, { 'X-Forwarded-Proto': 'https' });
    assert.ok(!forged.headers['set-cookie'][0].includes('Secure'), 'only a trusted proxy is believed');
  });

  it('is marked Secure behind a trusted proxy that speaks TLS', async (t) => {
    const bot = await startBot(t, { config: '[http]\ntrusted_proxies = ["127.0.0.1"]\n' });
    await given(bot, {}, 'add', 'ada');
    const answer = await signIn(bot, 'ada', password, { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '203.0.113.9' });
    assert.match(answer.headers['set-cookie'][0], /; Secure/);
  });

  it('writes only with its CSRF value', async (t) => {
    const bot = await startBot(t);
    const ada = await bot.browser();
    const log = (headers) => bot.http('PUT', '/api/log/level', { headers, body: { level: 'warn' } });
    assert.equal((await log({ Cookie: ada.Cookie })).status, 403);
    assert.equal((await log({ ...ada, 'X-Orrery-Csrf': 'x'.repeat(43) })).status, 403);
    assert.equal((await log(ada)).status, 200);
    assert.equal((await bot.http('GET', '/api/log/level', { headers: { Cookie: ada.Cookie } })).json.data.level, 'warn');
    const other = await signIn(bot);
    assert.equal((await log({ ...ada, 'X-Orrery-Csrf': other.json.data.csrf })).status, 403, 'another session has another value');
  });

  it('ends by signing out, and with the password', async (t) => {
    const bot = await startBot(t);
    const ada = await bot.browser();
    const who = async (headers) => (await bot.http('GET', '/api/auth/session', { headers })).status;
    const second = { Cookie: (await signIn(bot)).headers['set-cookie'][0].split(';')[0] };
    assert.equal((await bot.http('POST', '/api/auth/logout', { headers: ada })).status, 200);
    assert.deepEqual([await who(ada), await who(second)], [401, 200]);
    assert.equal((await given(bot, { password: 'another horse' }, 'passwd', 'ada')).code, 0);
    assert.equal(await who(second), 401);
    assert.equal((await signIn(bot)).status, 401);
    assert.equal((await signIn(bot, 'ada', 'another horse')).status, 200);
  });

  it('outlives a restart of the program', async (t) => {
    const bot = await startBot(t);
    const ada = await bot.browser();
    await bot.stop();
    const again = await startBot(t, { folder: bot.folder });
    assert.equal((await again.http('GET', '/api/auth/session', { headers: ada })).json.data.username, 'ada');
  });

  it('is not told apart by wrong names and wrong passwords', async (t) => {
    const bot = await startBot(t);
    await given(bot, {}, 'add', 'ada');
    const wrong = await signIn(bot, 'ada', 'wrong password');
    const nobody = await signIn(bot, 'nobody', 'wrong password');
    assert.deepEqual([wrong.status, nobody.status, wrong.text], [401, 401, nobody.text]);
  });
});

describe('Users', { concurrency: 3 }, () => {
  for (const running of [true, false]) {
    it(`are added, changed and listed ${running ? 'through the running bot' : 'without a running bot'}`, async (t) => {
      const bot = await startBot(t);
      if (!running) await bot.stop();
      assert.equal((await given(bot, {}, 'add', 'ada')).stdout, 'user ada added\n');
      assert.equal((await given(bot, {}, 'add', 'bob')).code, 0);
      assert.equal((await bot.cli('user', 'list')).stdout, 'ada\nbob\n');
      assert.deepEqual(JSON.parse((await bot.cli('user', 'list', '--json')).stdout), { users: ['ada', 'bob'] });
      const twice = await given(bot, {}, 'add', 'ada');
      assert.equal(twice.code, 1);
      assert.match(twice.stderr, /there is a user 'ada' already/);
      const short = await given(bot, { password: 'short' }, 'add', 'eve');
      assert.equal(short.code, 1);
      assert.match(short.stderr, /8 to 512 characters/);
      const unknown = await given(bot, {}, 'passwd', 'adda');
      assert.equal(unknown.code, 1, `a name that is not there is a no, not an absent bot: ${unknown.stderr}`);
      assert.match(unknown.stderr, /no user 'adda'.*ada/);
      assert.equal((await given(bot, { password: 'another horse' }, 'passwd', 'ada')).code, 0);
      const again = running ? bot : await startBot(t, { folder: bot.folder });
      assert.equal((await signIn(again, 'ada', 'another horse')).status, 200);
      assert.equal((await signIn(again, 'bob')).status, 200);
    });
  }

  it('are kept in a file for the owner alone, without a password in it', async (t) => {
    const bot = await startBot(t);
    await given(bot, {}, 'add', 'ada');
    const file = path.join(bot.data, 'accounts.json');
    assert.equal(fs.statSync(file).mode & 0o777, 0o600);
    assert.match(fs.readFileSync(file, 'utf8'), /\$argon2id\$/);
    assert.ok(!fs.readFileSync(file, 'utf8').includes(password));
  });

  it('in a file that is damaged end the start with 1, and the file is left as it is', async (t) => {
    const bot = await startBot(t);
    await given(bot, {}, 'add', 'ada');
    await bot.stop();
    const file = path.join(bot.data, 'accounts.json');
    const half = fs.readFileSync(file, 'utf8').slice(0, 40);
    fs.writeFileSync(file, half);
    const again = await startBot(t, { folder: bot.folder, wait: 'nothing' });
    assert.equal((await again.exit()).code, 1);
    assert.match(again.stderr, /accounts\.json is damaged[^]*backup/);
    assert.equal(fs.readFileSync(file, 'utf8'), half);
  });

  it('cannot be made without a terminal but with --password-stdin', async (t) => {
    const folder = temporaryFolder(t);
    const answer = await execute(program('orrery'), ['user', 'add', 'ada', '--data', path.join(folder, 'data')], { cwd: folder, env: { HOME: folder } });
    assert.equal(answer.code, 1);
    assert.match(answer.stderr, /--password-stdin/);
  });
});
