// Signals at any instant: graceful, hurried, forced; and never anything left behind.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { elapse, sqlite, startBot, until } from '../support/bot.mjs';

// mulberry32: the same seed, the same story.
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let x = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}

// To a part of a millisecond: timers are too coarse for what happens in a start.
async function instant(ms, from = performance.now()) {
  if (ms > 4) await elapse(ms - 3);
  while (performance.now() - from < ms);
}

async function nothingLeft(bot, what) {
  assert.ok(bot.gone(), `${what}: a process is left`);
  assert.ok(!fs.existsSync(bot.socket), `${what}: the socket is left`);
  const file = path.join(bot.data, 'orrery.db');
  if (fs.existsSync(file)) assert.equal((await sqlite(file, 'pragma integrity_check')).stdout, 'ok\n', what);
}

const instants = Number(process.env.ORRERY_INSTANTS ?? 100);

it(`SIGTERM at ${instants} random instants of start, run and stop always ends well`, async (t) => {
  const seed = Number(process.env.ORRERY_STORY_SEED ?? randomInt(2 ** 31));
  t.diagnostic(`seed ${seed} (ORRERY_STORY_SEED=${seed} tells the same story again)`);
  const draw = random(seed);
  const plans = Array.from({ length: instants }, (_, n) => ({ n, kind: ['start', 'start', 'run', 'stop'][n % 4], at: draw() }));
  const unarmed = [];
  let slowest = 0;
  const one = async ({ n, kind, at }) => {
    const what = `instant ${n} of seed ${seed}, ${kind}`;
    const bot = await startBot(t, { wait: 'nothing', drill: n % 2 === 0 });
    if (kind === 'start') await instant(at * 40, bot.begun);
    if (kind === 'run') await instant(20 + at * 60, bot.begun);
    if (kind === 'stop') {
      await bot.ready();
      bot.kill('SIGTERM');
      await instant(at * 8);
    }
    const waited = performance.now() - bot.begun;
    bot.kill('SIGTERM');
    const end = await bot.exit({ within: 5000 });
    slowest = Math.max(slowest, end.ms);
    if (end.signal === 'SIGTERM' && bot.stdout + bot.stderr === '' && !fs.existsSync(bot.data)) unarmed.push(waited);
    else assert.deepEqual([end.code, end.signal], [0, null], `${what}, after ${waited} ms: ${bot.stderr}`);
    assert.ok(end.ms < 2000, `${what}: ended after ${end.ms} ms`);
    await nothingLeft(bot, what);
    await bot.destroy();
  };
  const workers = Array.from({ length: 3 }, async () => {
    for (let plan; (plan = plans.shift()); ) await one(plan);
  });
  await Promise.all(workers);
  t.diagnostic(`${unarmed.length} of ${instants} came before the signals were armed, the latest ${Math.max(0, ...unarmed).toFixed(1)} ms after exec; slowest end ${slowest.toFixed(0)} ms`);
  assert.ok(unarmed.length <= instants * 0.4, `${unarmed.length} of ${instants} died before the signals were armed`);
});

it('A hail of signals for the whole of the stop counts as one: the end is 0', async (t) => {
  for (let round = 0; round < 15; ++round) {
    const bot = await startBot(t);
    let sent = 0;
    while (!bot.ended) {
      for (let n = 0; n < 20 && bot.kill('SIGTERM'); ++n) ++sent;
      await new Promise((resolve) => setImmediate(resolve));
    }
    const end = await bot.exit();
    assert.deepEqual([end.code, end.signal], [0, null], `round ${round}, after ${sent} signals in ${end.ms} ms`);
  }
});

describe('A stop that takes long', { concurrency: 4 }, () => {
  const long = '[lifecycle]\nstop = "60s"\n[lifecycle.budgets]\nstop = "20s"\ndrain = "20s"\ngrace = "20s"\n';

  it('goes on as it is when two signals come within a millisecond: they count as one', async (t) => {
    const bot = await startBot(t, { drill: true, config: long });
    const talk = await bot.talk();
    const answer = talk.ask('!sleep 900');
    assert.equal((await (await bot.talk()).ask('!ping')).replies[0], 'pong');
    bot.kill('SIGINT');
    bot.kill('SIGTERM');
    assert.deepEqual((await answer).replies, ['slept'], 'a hurried stop would not have waited for it');
    assert.equal((await bot.exit()).code, 0);
    assert.ok(!bot.find('asked again to stop: hurrying'));
  });

  it('is hurried by a second signal after 600 ms: every grace becomes zero', async (t) => {
    const bot = await startBot(t, { drill: true, config: long, env: { DRILL_STOP: 'hang' } });
    bot.kill('SIGTERM');
    await elapse(600);
    assert.equal(bot.ended, null);
    const begun = performance.now();
    bot.kill('SIGTERM');
    assert.equal((await bot.exit({ within: 3000 })).code, 3);
    assert.ok(performance.now() - begun < 1500, `${performance.now() - begun} ms after the second signal`);
    assert.ok(bot.find('asked again to stop: hurrying'));
    await nothingLeft(bot, 'hurried');
  });

  for (const [signal, number] of [['SIGTERM', 15], ['SIGINT', 2]]) {
    it(`is ended at once by a third ${signal}, with ${128 + number} and a line that names who was alive`, async (t) => {
      const bot = await startBot(t, { drill: true, config: long, env: { DRILL_STOP: 'stubborn' } });
      const talk = await bot.talk();
      // So that a hurried stop, too, takes longer than the debounce: one hook after the other runs out of time.
      talk.socket.polite = false;
      talk.say('!block 30000');
      await until('the strand is blocked', async () => /!block/.test((await bot.status()).waiting_on.join()));
      bot.kill(signal);
      for (let more = 0; more < 2; ++more) {
        await elapse(more === 0 ? 600 : 510);
        assert.equal(bot.ended, null, `alive before signal ${more + 2}: ${bot.stderr}`);
        bot.kill(signal);
      }
      const end = await bot.exit({ within: 1000 });
      assert.deepEqual([end.code, end.signal], [128 + number, null]);
      const line = bot.stderr.split('\n').find((text) => /^orrery: forced to exit/.test(text));
      assert.match(line ?? bot.stderr, /still alive: .*(pipeline|drill|!block)/);
    });
  }

  it('does not wait for web clients that do not answer the close: it ends with 0 in under a second', async (t) => {
    const bot = await startBot(t);
    for (const talk of await Promise.all([1, 2, 3, 4].map(() => bot.talk()))) {
      talk.socket.polite = false;
      assert.deepEqual((await talk.ask('!ping')).replies, ['pong']);
    }
    bot.kill('SIGTERM');
    const end = await bot.exit({ within: 1000 });
    assert.deepEqual([end.code, end.signal], [0, null]);
    await nothingLeft(bot, 'rude clients');
  });

  it('tightens the roll-back of a failed start, too', async (t) => {
    const bot = await startBot(t, { drill: true, config: long, env: { DRILL_START: 'fail', DRILL_STOP: 'hang' }, wait: 'listening' });
    await bot.state('rolling_back');
    const end = await bot.stop('SIGTERM', { within: 1000 }).catch(() => undefined);
    assert.equal(end, undefined, 'the first signal leaves the roll-back its budget');
    bot.kill('SIGTERM');
    assert.equal((await bot.exit({ within: 3000 })).code, 3);
  });
});

describe('Another signal', { concurrency: 4 }, () => {
  it('HUP reads the configuration anew', async (t) => {
    const bot = await startBot(t, { config: '[log]\nlevel = "info"\n' });
    bot.configure('[log]\nlevel = "debug"\n');
    bot.kill('SIGHUP');
    await bot.event('configuration reloaded');
    assert.equal((await bot.cli('log', 'level')).stdout, 'debug\n');
    assert.equal((await bot.stop()).code, 0);
  });

  it('HUP with a configuration that is wrong reports the faults and changes nothing', async (t) => {
    const bot = await startBot(t, { config: '[log]\nlevel = "info"\n' });
    bot.configure('[log]\nlevel = "lots"\n[nonsense]\nx = 1\n');
    bot.kill('SIGHUP');
    const line = await bot.event('configuration not reloaded');
    assert.match(line.reason, /orrery\.toml:2: log\.level: [^]*orrery\.toml:3: nonsense/);
    assert.equal((await bot.cli('chat', '!ping')).stdout, 'pong\n');
    assert.equal((await bot.cli('log', 'level')).stdout, 'info\n');
    assert.equal((await bot.stop()).code, 0);
  });

  it('PIPE, from a reader that has gone, takes nothing down', async (t) => {
    const bot = await startBot(t);
    bot.child.stderr.destroy();
    bot.child.stdout.destroy();
    for (let n = 0; n < 5; ++n) bot.kill('SIGHUP');
    assert.equal((await bot.cli('chat', '!ping')).stdout, 'pong\n');
    assert.equal((await bot.stop()).code, 0);
  });
});
