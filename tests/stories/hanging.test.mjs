// Parts that hang, ignore everything or leak: named in every place, ended by their budget, never obeyed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { describe, it } from 'node:test';
import { asRoot, cleanUp, sqlite, startBot, until } from '../support/bot.mjs';

const budgets = (entries) => `[lifecycle.budgets]\n${Object.entries(entries).map(([key, value]) => `${key} = "${value}"\n`).join('')}`;
const short = { start: '600ms', slow: '100ms', stop: '300ms', drain: '300ms', grace: '100ms' };
const patient = { start: '30s', slow: '100ms', stop: '300ms', drain: '300ms', grace: '100ms' };
const drilled = (t, env, options = {}) => startBot(t, { drill: true, config: budgets(short), wait: 'listening', ...options, env });
const whole = async (bot) => assert.equal((await sqlite(path.join(bot.data, 'orrery.db'), 'pragma integrity_check')).stdout, 'ok\n');

describe('A start that hangs', { concurrency: 3 }, () => {
  it('is named by /readyz, status and the log once it is slow, with what it does', async (t) => {
    const bot = await drilled(t, { DRILL_START: 'hang' }, { config: budgets(patient) });
    const line = await bot.event('component is slow to start', { component: 'drill' });
    assert.equal(line.doing, 'drilling: hang');
    assert.equal(line.level, 'warn');
    const verbose = await bot.http('GET', '/readyz?verbose');
    assert.equal(verbose.status, 503);
    assert.match(verbose.text, /\[-\] drill: starting, slow for /);
    const status = await bot.status();
    assert.deepEqual([status.state, status.phase_state, status.ready], ['core_ready', 'runtime_starting', false]);
    assert.match(status.waiting_on.join('; '), /drill/);
    assert.match(status.components.find((c) => c.name === 'drill').reason, /drilling: hang for /);
    const shown = await bot.cli('status');
    assert.equal(shown.code, 1);
    assert.match(shown.stdout, /waiting for: .*drill/);
    assert.equal((await bot.stop()).code, 0);
  });

  it('is ended by its budget, and the failure names it, how long it took and what it did', async (t) => {
    const bot = await drilled(t, { DRILL_START: 'hang' });
    const status = await bot.state('runtime_failed');
    assert.match(status.failure_message, /drill.*(start|\d+ ?m?s).*drilling: hang/);
    const start = bot.find('state changed', { to: 'runtime_starting' });
    const end = bot.events.find((e) => e.fact === 'component failed to start' && e.component === 'drill');
    const took = Date.parse(end.time) - Date.parse(start.time);
    assert.ok(took >= 590 && took < 1200, `${took} ms`);
    assert.equal((await bot.component('database')).state, 'stopped', 'the rest was rolled back');
    assert.equal((await bot.stop()).code, 0);
  });

  it('does not keep a stop waiting', async (t) => {
    const bot = await drilled(t, { DRILL_START: 'hang' }, { config: budgets(patient) });
    await bot.event('component is slow to start', { component: 'drill' });
    const end = await bot.stop();
    assert.deepEqual([end.code, end.signal], [0, null]);
    assert.ok(end.ms < 1000, `${end.ms} ms`);
    await whole(bot);
  });

  it('and ignores its cancellation makes the bot stuck: retry is refused naming it, and the stop tells by 3', async (t) => {
    const bot = await drilled(t, { DRILL_START: 'stubborn' });
    const status = await bot.state('stuck');
    assert.deepEqual([status.state, status.failed], ['runtime_failed', true]);
    assert.match(status.survivors.join(), /drill/);
    const retry = await bot.cli('retry');
    assert.equal(retry.code, 1);
    assert.match(retry.stderr, /drill/);
    assert.equal((await bot.control('POST', '/api/runtime/retry')).status, 409);
    assert.match((await bot.cli('status')).stdout, /refuses to die: .*drill/);
    assert.equal(await bot.probe('/livez'), 200);
    assert.equal((await bot.stop()).code, 3);
    await whole(bot);
  });

  it('on the bot strand, for good, leaves the probes answering and is ended with 3', async (t) => {
    const bot = await drilled(t, { DRILL_START: 'block' });
    await bot.state('stuck');
    assert.equal(await bot.probe('/livez'), 200);
    const end = await bot.stop();
    assert.equal(end.code, 3);
    assert.ok(end.ms < 3000, `${end.ms} ms`);
  });
});

describe('A start that fails', { concurrency: 3 }, () => {
  for (const [how, reason] of [['fail', /drill: drilled to fail/], ['throw', /drill: /]]) {
    it(`by ${how} is reported, rolled back, and may be tried again`, async (t) => {
      const bot = await drilled(t, { DRILL_START: how });
      const status = await bot.state('runtime_failed');
      assert.match(status.failure_message, reason);
      if (how === 'fail') assert.equal(status.failure_remedy, 'unset DRILL_START');
      assert.equal((await bot.cli('retry')).code, 1);
      assert.equal((await bot.status()).generation, 2);
      assert.equal((await bot.stop()).code, 0);
    });
  }

  it('in a degradable part leaves the bot ready, with the reason', async (t) => {
    const bot = await drilled(t, { DRILL_START: 'fail', DRILL_CRITICAL: 'no' }, { wait: 'ready' });
    const status = await bot.status();
    assert.equal(status.ready, true);
    assert.match(status.degraded.join('; '), /drill.*drilled to fail/);
    assert.equal(await bot.probe('/readyz'), 200);
    assert.match((await bot.cli('status')).stdout, /degraded: .*drilled to fail/);
    assert.match((await bot.cli('chat', '!status')).stdout, /degraded: .*drill/);
    assert.equal((await bot.cli('retry')).code, 0);
    assert.equal((await bot.stop()).code, 0);
  });

  it('late in a degradable part holds nobody up for longer than the slow threshold', async (t) => {
    const bot = await drilled(t, { DRILL_START: 'hang', DRILL_CRITICAL: 'no' }, { config: budgets(patient), wait: 'ready' });
    const ready = bot.find('ready').after_ms;
    assert.ok(ready < 800, `ready after ${ready} ms`);
    assert.match((await bot.component('drill')).reason, /drilling: hang/);
    assert.equal((await bot.stop()).code, 0);
  });

  it('with a task left behind is told by 3 at the stop, naming the task', async (t) => {
    const bot = await drilled(t, { DRILL_START: 'leak' }, { wait: 'ready' });
    const end = await bot.stop();
    assert.equal(end.code, 3);
    assert.match(bot.stderr, /drill.*|leaked task/);
    assert.match(bot.stderr, /leaked task/);
    await whole(bot);
  });
});

describe('A stop', { concurrency: 3 }, () => {
  for (const how of ['hang', 'stubborn', 'block']) {
    it(`that meets a ${how === 'block' ? 'blocked' : how} part ends within its budget with 3, names it, and leaves the database whole`, async (t) => {
      const bot = await drilled(t, { DRILL_STOP: how }, { wait: 'ready' });
      await bot.cli('chat', '!prefix ?');
      const end = await bot.stop();
      assert.deepEqual([end.code, end.signal], [3, null]);
      assert.ok(end.ms < 2500, `${end.ms} ms`);
      assert.match(bot.stderr, /"component":"drill"/);
      await whole(bot);
      assert.equal((await sqlite(path.join(bot.data, 'orrery.db'), "SELECT count(*) FROM sqlite_schema WHERE name = 'prefixes'")).stdout, '1\n');
      assert.ok(bot.gone());
    });
  }

  it('whose part throws is told by 3 at once; all others were stopped', async (t) => {
    const bot = await drilled(t, { DRILL_STOP: 'throw' }, { wait: 'ready', config: budgets({ ...short, stop: '5s' }) });
    const end = await bot.stop();
    assert.equal(end.code, 3);
    assert.ok(end.ms < 1000, `${end.ms} ms: a throw does not wait for the deadline`);
    assert.match(bot.stderr, /component failed to stop/);
    await whole(bot);
  });

  it('of the runtime alone does not need the web client to answer the close', async (t) => {
    const bot = await drilled(t, {}, { wait: 'ready' });
    const talks = await Promise.all([1, 2, 3].map(() => bot.talk()));
    for (const talk of talks) talk.socket.polite = false;
    for (let generation = 2; generation <= 4; ++generation) {
      await bot.cli('restart', '--runtime');
      await bot.state({ generation, ready: true });
      const talk = await bot.talk();
      talk.socket.polite = false;
      assert.deepEqual((await talk.ask('!ping')).replies, ['pong']);
    }
    const end = await bot.stop();
    assert.ok(end.signal === null && [0, 3].includes(end.code), JSON.stringify(end));
  });

  it('waits for what is in flight', async (t) => {
    const bot = await drilled(t, {}, { wait: 'ready', config: budgets({ ...short, drain: '5s' }) });
    const talk = await bot.talk();
    const asking = talk.ask('!sleep 700');
    await until('the command runs', async () => (await talkTo(bot, '!ping')) === 'pong');
    bot.kill('SIGTERM');
    const answer = await asking;
    assert.deepEqual(answer.replies, ['slept']);
    assert.equal((await bot.exit()).code, 0);
  });
});

async function talkTo(bot, text) {
  const talk = await bot.talk();
  const answer = await talk.ask(text);
  talk.end();
  return answer.replies[0];
}

describe('A command that blocks the bot strand', { concurrency: 2 }, () => {
  const blocked = async (t) => {
    const bot = await drilled(t, {}, { wait: 'ready', config: budgets({ ...short, slow: '1s' }) });
    const talk = await bot.talk();
    talk.say('!block 3000');
    return bot;
  };

  it('delays no probe, and is named by status', async (t) => {
    const bot = await blocked(t);
    const slowest = { ms: 0 };
    let named = '';
    await until(() => `waiting_on names !block: ${named}`, async () => {
      for (const probe of ['/livez', '/readyz', '/startupz']) {
        const begun = performance.now();
        assert.equal(await bot.probe(probe), 200, probe);
        const ms = performance.now() - begun;
        if (ms > slowest.ms) Object.assign(slowest, { ms, probe });
      }
      named = (await bot.status()).waiting_on.join('; ');
      return /!block/.test(named);
    }, { within: 2500, every: 20 });
    assert.match(named, /bot strand/);
    assert.match((await bot.cli('status')).stdout, /!block/);
    assert.ok(slowest.ms < 100, `${slowest.probe} took ${slowest.ms} ms`);
    await bot.event('a strand stands still', { strand: 'bot' });
    await bot.event('the strand goes on', { strand: 'bot' });
    assert.equal(await talkTo(bot, '!ping'), 'pong');
    assert.equal((await bot.stop()).code, 0);
  });

  it('does not keep a stop from ending within its budget', async (t) => {
    const bot = await blocked(t);
    await until('the strand is blocked', async () => /!block/.test((await bot.status()).waiting_on.join()), { within: 2500 });
    const end = await bot.stop();
    assert.ok(end.ms < 2500, `${end.ms} ms`);
    assert.equal(end.code, 3, 'it did not stop in its budget');
    await whole(bot);
  });

  it('is not what a command is that throws', async (t) => {
    const bot = await drilled(t, {}, { wait: 'ready' });
    const chat = await bot.cli('chat', '!throw');
    assert.equal(chat.code, 1);
    assert.match(chat.stdout, /failed/);
    assert.match((await bot.event('a command threw')).reason, /drilled to throw/);
    assert.equal(await talkTo(bot, '!ping'), 'pong');
  });
});

describe('A database that another program has locked', { concurrency: 2 }, () => {
  // Holds the lock until it is killed.
  async function lock(t, file) {
    const child = spawn('sqlite3', [file], { stdio: ['pipe', 'pipe', 'inherit'], ...(asRoot ? { uid: 65534, gid: 65534 } : {}) });
    cleanUp(t, () => child.kill('SIGKILL'));
    let said = '';
    child.stdout.on('data', (data) => (said += data));
    child.stdin.write("PRAGMA locking_mode = EXCLUSIVE;\nBEGIN EXCLUSIVE;\nSELECT 'locked';\n");
    await until('the lock is held', () => said.includes('locked\n'));
    return child;
  }
  const started = async (t) => {
    const first = await startBot(t);
    await first.stop();
    const holder = await lock(t, path.join(first.data, 'orrery.db'));
    const bot = await startBot(t, { folder: first.folder, config: `${budgets(patient)}[database]\nbusy_timeout = "20s"\n`, wait: 'listening' });
    return { bot, holder };
  };

  it('is what the bot says it waits for, and it starts when the lock is released', async (t) => {
    const { bot, holder } = await started(t);
    const line = await bot.event('component is slow to start', { component: 'database' });
    assert.match(line.doing, /opening sqlite:.*orrery\.db/);
    assert.match((await bot.cli('status')).stdout, /waiting for: .*database/);
    assert.deepEqual(await bot.probes(), { live: 200, startup: 200, ready: 503 });
    holder.kill('SIGKILL');
    await bot.event('ready');
    assert.equal((await bot.stop()).code, 0);
  });

  it('does not keep a stop waiting', async (t) => {
    const { bot } = await started(t);
    await bot.event('component is slow to start', { component: 'database' });
    const end = await bot.stop();
    assert.equal(end.code, 0);
    assert.ok(end.ms < 500, `${end.ms} ms`);
  });

  it('for longer than database.busy_timeout is a failure that says what to do', async (t) => {
    const first = await startBot(t);
    await first.stop();
    const holder = await lock(t, path.join(first.data, 'orrery.db'));
    const bot = await startBot(t, { folder: first.folder, config: '[database]\nbusy_timeout = "200ms"\n', wait: 'listening' });
    const status = await bot.state('runtime_failed');
    assert.match(status.failure_message, /orrery\.db: database is locked/);
    assert.match(status.failure_remedy, /end the other program/);
    holder.kill('SIGKILL');
    await until('retry succeeds', async () => (await bot.cli('retry')).code === 0);
  });
});

it('Without memory the process ends at once, with one line that says so', async (t) => {
  const bot = await startBot(t, { drill: true });
  const talk = await bot.talk();
  talk.socket.polite = false;
  const before = bot.stderr.length;
  talk.say('!hog');
  const end = await bot.exit({ within: 5000 });
  assert.deepEqual([end.code, end.signal], [null, 'SIGABRT']);
  const lines = bot.stderr.slice(before).split('\n').filter((line) => /out of memory/.test(line));
  assert.equal(lines.length, 1, bot.stderr);
  assert.match(lines[0], /give it more/);
});
