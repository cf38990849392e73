// What a bot goes through with its database, and what it tells about it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { describe, it } from 'node:test';
import { cleanUp, elapse, execute, own, program, sqlite, startBot, temporaryFolder, until } from '../support/bot.mjs';
import { Postgres } from '../support/postgres.mjs';

const db = (data, env, ...args) => execute(program('orrery'), ['db', ...args, '--data', data], { env, asUser: false });

describe('On PostgreSQL a bot', { concurrency: 1 }, () => {
  it('does what it does on SQLite, and keeps it over a restart', async (t) => {
    const server = await Postgres.start(t);
    await server.database('bot');
    const bot = await startBot(t, { config: server.config('bot') });
    assert.match((await bot.cli('chat', '!prefix set ?')).stdout, /begin with \?/);
    assert.match((await bot.cli('chat', '?permissions command prefix 5')).stdout, /Done/);
    assert.equal((await bot.stop()).code, 0);
    const again = await startBot(t, { folder: bot.folder });
    assert.match((await again.cli('chat', '?permissions show')).stdout, /commands prefix/);
    assert.equal((await again.stop()).code, 0);
    assert.doesNotMatch(again.everythingSaid() + bot.everythingSaid(), /orbit/);
  });

  it('that is down when it starts says where, why and what to do; when it comes, one retry is enough', async (t) => {
    const server = await Postgres.start(t);
    await server.database('bot');
    await server.stop();
    const bot = await startBot(t, { config: server.config('bot'), wait: 'listening' });
    const status = await bot.state('runtime_failed');
    assert.match(status.failure_message, new RegExp(`PostgreSQL on 127.0.0.1:${server.port}/bot refused the connection`));
    assert.match(status.failure_remedy, /start it .*systemctl start postgresql.*database\.url/);
    assert.equal((await bot.cli('retry')).code, 1);
    await server.start();
    assert.equal((await bot.cli('retry')).code, 0);
    assert.equal((await bot.cli('chat', '!ping')).stdout, 'pong\n');
    assert.equal((await bot.stop()).code, 0);
  });

  it('needs no retry with --on-failure retry', async (t) => {
    const server = await Postgres.start(t);
    await server.database('bot');
    await server.stop();
    const bot = await startBot(t, { config: server.config('bot'), args: ['--on-failure', 'retry'], wait: 'listening' });
    await bot.event('the runtime could not start');
    await server.start();
    await bot.event('ready', {}, { within: 20000 });
    assert.equal((await bot.stop()).code, 0);
  });

  it('with a wrong password, or a database that does not exist, is told which and never shown the password', async (t) => {
    const server = await Postgres.start(t);
    await server.database('bot');
    const bot = await startBot(t, { config: server.config('bot', 'hunter2'), wait: 'listening' });
    const denied = await bot.state('runtime_failed');
    assert.match(denied.failure_message, /password authentication failed for user "orrery"/);
    assert.match(denied.failure_remedy, /database\.url/);
    bot.configure(server.config('nowhere'));
    assert.equal((await bot.cli('retry')).code, 1);
    assert.match((await bot.status()).failure_remedy, /createdb -h 127\.0\.0\.1 .*nowhere/);
    bot.configure(server.config('bot'));
    assert.equal((await bot.cli('retry')).code, 0);
    assert.doesNotMatch(bot.everythingSaid(), /hunter2|orbit/);
  });

  it('that goes away and comes back stays up, says so, and recovers by itself', async (t) => {
    const server = await Postgres.start(t);
    await server.database('bot');
    const bot = await startBot(t, { config: server.config('bot') });
    await bot.cli('chat', '!prefix set ?');
    await server.stop('immediate');
    const refused = await bot.cli('chat', '?prefix set !');
    assert.match(refused.stdout, /PostgreSQL on 127\.0\.0\.1:\d+\/bot (refused|ended) the connection/);
    assert.match((await bot.cli('chat', '?prefix')).stdout, /begin with \?/, 'what is in memory goes on');
    const degraded = await bot.state({ ready: true, phase_state: 'runtime_ready' });
    await until('it is shown as degraded', async () => (await bot.status()).degraded.some((d) => /database.*refused/.test(d)));
    assert.equal(degraded.ready, true);
    assert.equal(await bot.probe('/readyz'), 200);
    await bot.event('the database does not serve');
    await server.start();
    await bot.event('the database serves again');
    await until('nothing is degraded', async () => (await bot.status()).degraded.length === 0);
    assert.match((await bot.cli('chat', '?prefix set !')).stdout, /begin with !/);
    assert.equal((await bot.stop()).code, 0);
  });

  it('whose connections are cut notices nothing', async (t) => {
    const server = await Postgres.start(t);
    await server.database('bot');
    const bot = await startBot(t, { config: server.config('bot') });
    for (const prefix of ['?', '!', '?', '!']) {
      await server.cut('bot');
      const before = prefix === '?' ? '!' : '?';
      assert.match((await bot.cli('chat', `${before}prefix set ${prefix}`)).stdout, /begin with/);
    }
    assert.equal((await bot.stop()).code, 0);
  });

  it('at its limit of connections is told so at the start, and serves when there is room', async (t) => {
    const server = await Postgres.start(t, 'max_connections=4', 'superuser_reserved_connections=0');
    await server.database('bot');
    await server.sql('CREATE DATABASE other');
    const holders = Array.from({ length: 4 }, () => spawn('psql', [server.url('other')], { stdio: ['pipe', 'ignore', 'ignore'] }));
    t.after(() => holders.forEach((one) => one.kill('SIGKILL')));
    await until('nobody gets in', async () => server.sql('SELECT 1').then(() => false, () => true));
    const bot = await startBot(t, { config: server.config('bot'), wait: 'listening' });
    const status = await bot.state('runtime_failed');
    assert.match(status.failure_remedy, /max_connections/);
    holders.forEach((one) => one.kill('SIGKILL'));
    await until('it gets in', async () => (await bot.cli('retry')).code === 0, { within: 20000 });
    assert.equal((await bot.stop()).code, 0);
  });

  it('that takes its time keeps the probes and a stop within their limits', async (t) => {
    const server = await Postgres.start(t);
    await server.database('bot');
    const bot = await startBot(t, { config: server.config('bot') });
    // Somebody holds the table: whoever writes to it waits.
    const holder = spawn('psql', [server.url('bot'), '-c', 'BEGIN; LOCK TABLE prefixes; SELECT pg_sleep(60)'], { stdio: 'ignore' });
    t.after(() => holder.kill('SIGKILL'));
    await until('the table is locked', async () => (await server.sql("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted", 'bot')) !== '0');
    const waiting = bot.cli('chat', '--timeout', '20s', '!prefix set ?');
    await until('the write waits', async () => (await server.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")) === '1');
    assert.equal(await bot.probe('/livez'), 200);
    assert.equal((await bot.cli('chat', '!ping')).stdout, 'pong\n');
    const end = await bot.stop();
    assert.equal(end.code, 0);
    assert.ok(end.ms < 9000, `${end.ms} ms`);
    await waiting;
    holder.kill('SIGKILL');
    await until('the cancelled statement is gone from the server', async () => (await server.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'orrery'")) === '0');
  });

  it('that is broken off again and again: what was acknowledged is in memory and in the database alike', async (t) => {
    const server = await Postgres.start(t);
    await server.database('bot');
    const bot = await startBot(t, { config: server.config('bot') });
    const acknowledged = [];
    let enough = false;
    const writers = [0, 1, 2, 3].map(async (writer) => {
      for (let i = 0; !enough; i++) {
        const role = `w${writer}x${i}`;
        const answer = await bot.control('POST', '/api/permissions/change', { guild: 'webchat', what: 'role', subject: role, value: '1' }).catch(() => ({}));
        if (answer.status === 200) acknowledged.push(role);
        else await elapse(5);
      }
    });
    for (let i = 0; i < 3; i++) {
      const before = acknowledged.length;
      await until('it goes on', () => acknowledged.length > before + 20, { within: 20000 });
      await server.stop('immediate');
      await server.start();
    }
    enough = true;
    await Promise.all(writers);
    await until('nothing is in doubt', async () => (await bot.status()).degraded.length === 0, { within: 20000 });
    const inMemory = (await bot.control('GET', '/api/permissions?guild=webchat')).json.data.roles.map((role) => role.id).sort();
    const inDatabase = (await server.sql('SELECT role FROM permission_roles', 'bot')).split('\n').sort();
    assert.deepEqual(inMemory, inDatabase);
    for (const role of acknowledged) assert.ok(inMemory.includes(role), role);
  });

  it('that stands still is noticed, holds nobody longer than their budget, and a stop is a stop', async (t) => {
    const server = await Postgres.start(t);
    cleanUp(t, () => server.thaw());
    await server.database('bot');
    const bot = await startBot(t, { config: server.config('bot') + '[commands]\nbudget = "2s"\n' });
    await server.freeze();
    const begun = Date.now();
    const refused = await bot.cli('chat', '--timeout', '20s', '!prefix set ?');
    assert.doesNotMatch(refused.stdout, /begin with \?/);
    assert.ok(Date.now() - begun < 9000, `${Date.now() - begun} ms`);
    await until('it is shown', async () => (await bot.status()).degraded.some((why) => /database/.test(why)), { within: 20000 });
    assert.equal(await bot.probe('/livez'), 200);
    await server.thaw();
    await until('it serves again', async () => (await bot.status()).degraded.length === 0, { within: 20000 });
    // What had no answer was kept or was not; the bot goes by what the server did.
    const prefix = (await server.sql('SELECT prefix FROM prefixes', 'bot')).trim() || '!';
    await until('writes are taken', async () => /begin with/.test((await bot.cli('chat', `${prefix}prefix set !`)).stdout));
    await server.freeze();
    const waiting = bot.cli('chat', '--timeout', '20s', '!prefix set ?');
    await elapse(300);
    const end = await bot.stop();
    assert.equal(end.code, 0);
    await waiting;
  });

  it('that another program migrates is waited for, and who that is is said', async (t) => {
    const server = await Postgres.start(t);
    await server.database('bot');
    const holder = spawn('psql', [server.url('bot'), '-c', 'SELECT pg_advisory_lock(122537336205945)', '-c', 'SELECT pg_sleep(60)'], { stdio: 'ignore' });
    t.after(() => holder.kill('SIGKILL'));
    await until('it is held', async () => (await server.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", 'bot')) === '1');
    const bot = await startBot(t, { config: server.config('bot'), wait: 'listening' });
    await until('who migrates is said', async () => /waiting for the server's process \d+ \(psql\) to finish migrating/.test(JSON.stringify((await bot.status()))));
    await server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()", 'bot');
    await until('it is ready', async () => (await bot.status()).ready, { within: 20000 });
    assert.equal((await bot.stop()).code, 0);
  });

  it('is not replaced or taken back under a bot, whichever folder that is asked from', async (t) => {
    const server = await Postgres.start(t);
    await server.database('bot');
    const bot = await startBot(t, { config: server.config('bot') });
    const data = temporaryFolder(t);
    const env = { ORRERY_DATABASE__URL: server.url('bot') };
    const copy = await db(data, env, 'backup', '--json');
    assert.equal(copy.code, 0, copy.stderr);
    const refused = await db(data, env, 'restore', JSON.parse(copy.stdout).file);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /a bot uses PostgreSQL on .* the server's process \d+ \(orrery\)[^]*stop the bot first/);
    assert.equal((await db(data, env, 'rollback')).code, 1);
    assert.match((await bot.cli('chat', '!prefix set ?')).stdout, /begin with \?/);
    assert.equal((await bot.stop()).code, 0);
    const restored = await db(data, env, 'restore', JSON.parse(copy.stdout).file);
    assert.equal(restored.code, 0, restored.stderr);
  });

  it('that has no room left is told so, and takes writes again when there is', async (t) => {
    const folder = temporaryFolder(t);
    const disk = fs.mkdirSync(path.join(folder, 'disk'), { recursive: true });
    own(disk);
    const mounted = await execute('mount', ['-t', 'tmpfs', '-o', 'size=16m,mode=755,uid=65534,gid=65534', 'orrery-story', disk], { asUser: false });
    if (mounted.code !== 0) return t.skip('only root can mount a small disk');
    cleanUp(t, () => execute('umount', ['-l', disk], { asUser: false }));
    const server = await Postgres.start(t);
    await server.sql(`CREATE TABLESPACE small LOCATION '${disk}'`);
    await server.sql('CREATE DATABASE bot TABLESPACE small');
    const bot = await startBot(t, { config: server.config('bot') });
    fs.writeFileSync(path.join(disk, 'ballast'), '');
    try {
      for (;;) fs.appendFileSync(path.join(disk, 'ballast'), Buffer.alloc(4096));
    } catch (error) {
      assert.equal(error.code, 'ENOSPC');
    }
    // What still fits into pages that are there is kept; then there is a word about the disk.
    const talk = await bot.talk();
    const said = [];
    for (let i = 0; i < 200 && !said.some((text) => /disk|space/i.test(text)); ++i) {
      said.push(...(await talk.ask(`!permissions command "permissions rank" ${i % 11}`)).replies);
      said.push(...(await talk.ask(`!permissions rank 9 ${'x'.repeat(50)}${i}`)).replies);
    }
    assert.match(said.at(-1), /disk/i, said.slice(-3).join('\n'));
    assert.equal(await bot.probe('/livez'), 200);
    fs.rmSync(path.join(disk, 'ballast'));
    await until('it is kept again', async () => /Done/.test((await bot.cli('chat', '!permissions rank 9 Roomy')).stdout));
    assert.match((await bot.cli('chat', '!permissions audit')).stdout, /Roomy/);
    assert.equal((await bot.stop()).code, 0);
  });
});

describe('Whatever is killed, what was acknowledged is there and nothing is half there', { concurrency: 1 }, () => {
  const operations = Number(process.env.ORRERY_OPERATIONS ?? 10000);

  // Runs the hammer until so many operations were begun, with `hurt` at random moments.
  async function hammer(url, folder, hurt) {
    const kept = new Set();
    const begun = new Set();
    let next = 1;
    let hurts = 0;
    while (begun.size < operations) {
      const child = spawn(program('orrery-hammer'), [url, String(next), String(operations), String(next)], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
      const over = new Promise((resolve) => child.on('close', resolve));
      readline.createInterface({ input: child.stdout }).on('line', (line) => {
        const [word, number] = line.split(' ');
        if (word === 'begin') begun.add(Number(number));
        if (word === 'kept') kept.add(Number(number));
      });
      await elapse(20 + Math.random() * 100);
      await hurt(child);
      hurts += 1;
      if (hurts % 3 !== 0 && child.exitCode === null) await elapse(Math.random() * 100);
      child.kill('SIGKILL');
      await over;
      next = Math.max(0, ...begun) + 1;
    }
    return { kept, begun, hurts };
  }

  async function verify(url, folder, { kept, begun, hurts }, t) {
    const { stdout } = await execute(program('orrery-hammer'), [url, 'check'], { cwd: folder, asUser: false });
    const found = new Map();
    let counter = 0;
    for (const line of stdout.split('\n')) {
      const [word, number, have, want] = line.split(' ');
      if (word === 'counter') counter = Number(number);
      if (word === 'operation') found.set(Number(number), { have, want });
    }
    const half = [...found].filter(([, { have, want }]) => have !== want);
    assert.deepEqual(half, [], 'half an operation');
    const missing = [...kept].filter((number) => !found.has(number));
    assert.deepEqual(missing, [], 'acknowledged and lost');
    assert.equal(counter, found.size, 'the counter is in the same transactions');
    assert.ok(kept.size > begun.size / 4, `${kept.size} of ${begun.size} were acknowledged`);
    t.diagnostic(`${begun.size} operations, ${kept.size} acknowledged, ${found.size} there, hurt ${hurts} times`);
  }

  it('SQLite, killed itself', async (t) => {
    const folder = temporaryFolder(t);
    const url = `sqlite:${folder}/hammer.db`;
    const result = await hammer(url, folder, () => {});
    await verify(url, folder, result, t);
    assert.equal((await sqlite(path.join(folder, 'hammer.db'), 'pragma integrity_check')).stdout, 'ok\n');
  });

  it('PostgreSQL, its connections cut, the server stopped at once and started, and the client killed', async (t) => {
    const server = await Postgres.start(t);
    const url = await server.database('hammer');
    const folder = temporaryFolder(t);
    let round = 0;
    const result = await hammer(url, folder, async () => {
      round += 1;
      if (round % 10 === 0) {
        await server.stop('immediate');
        await server.start();
      } else if (round % 2 === 0) {
        await server.cut('hammer');
      }
    });
    await verify(url, folder, result, t);
  });
});

describe('A migration', { concurrency: 1 }, () => {
  it('killed at any instant is whole or not there, and the next start goes on', async (t) => {
    const folder = temporaryFolder(t);
    let interrupted = 0;
    for (let i = 0; i < 60; ++i) {
      const data = path.join(folder, String(i));
      fs.mkdirSync(own(fs.mkdirSync(data, { recursive: true }) ?? data), { recursive: true });
      own(data);
      const child = spawn(program('orrery'), ['db', 'migrate', '--data', data], { stdio: 'ignore' });
      const over = new Promise((resolve) => child.on('close', (code) => resolve(code)));
      await elapse(Math.random() * 25);
      child.kill('SIGKILL');
      if ((await over) !== 0) interrupted += 1;
      const again = await execute(program('orrery'), ['db', 'migrate', '--data', data], { asUser: false });
      assert.equal(again.code, 0, again.stderr);
      const valid = await execute(program('orrery'), ['db', 'validate', '--data', data], { asUser: false });
      assert.equal(valid.stdout, 'ok: exactly what this program declares\n');
    }
    t.diagnostic(`${interrupted} of 60 were interrupted`);
    assert.ok(interrupted > 5);
  });

  it('killed on the way back or forth, or while the copy before it is made, loses no row, on both databases', async (t) => {
    const server = await Postgres.start(t);
    for (const [name, env, most] of [['SQLite', {}, 40], ['PostgreSQL', { ORRERY_DATABASE__URL: await server.database('bot') }, 300]]) {
      const data = temporaryFolder(t);
      assert.equal((await db(data, env, 'migrate')).code, 0);
      const row = "INSERT INTO prefixes VALUES ('g', '?')";
      const look = (sql) => (name === 'SQLite' ? execute('sqlite3', [path.join(data, 'orrery.db'), sql], { asUser: false }).then((done) => done.stdout.trim()) : server.sql(sql, 'bot'));
      await look(row);
      let interrupted = 0;
      for (let i = 0; i < 16; ++i) {
        const way = i % 2 === 0 ? ['rollback', '--to', '1'] : ['migrate'];
        const child = spawn(program('orrery'), ['db', ...way, '--data', data], { stdio: 'ignore', env: { ...process.env, ...env } });
        const over = new Promise((resolve) => child.on('close', (code) => resolve(code)));
        await elapse(Math.random() * most);
        child.kill('SIGKILL');
        if ((await over) !== 0) interrupted += 1;
        const status = await db(data, env, 'status', '--json');
        assert.equal(status.code, 0, status.stderr);
      }
      const last = await db(data, env, 'migrate');
      assert.equal(last.code, 0, last.stderr);
      assert.equal((await db(data, env, 'validate')).stdout, 'ok: exactly what this program declares\n');
      assert.equal(await look('SELECT * FROM prefixes'), 'g|?');
      t.diagnostic(`${name}: ${interrupted} of 16 were interrupted`);
      assert.ok(interrupted > 0);
    }
  });

  it('of several programs at once happens once', async (t) => {
    const server = await Postgres.start(t);
    await server.database('bot');
    const files = Array.from({ length: 8 }, () => `sqlite:${temporaryFolder(t)}/x.db`); // opening a new file is a race of its own
    for (const url of [...files, server.url('bot')]) {
      const folder = temporaryFolder(t);
      const env = { ORRERY_DATABASE__URL: url };
      const all = await Promise.all(Array.from({ length: 6 }, () => execute(program('orrery'), ['db', 'migrate', '--data', folder], { env, asUser: false })));
      assert.deepEqual(all.map((one) => one.code), [0, 0, 0, 0, 0, 0], all.map((one) => one.stderr).join('\n'));
      const status = JSON.parse((await execute(program('orrery'), ['db', 'status', '--json', '--data', folder], { env, asUser: false })).stdout);
      assert.equal(status.version, status.newest);
    }
  });
});

describe('orrery db', { concurrency: 2 }, () => {
  it('that is told to stop ends its work and leaves nothing of it', async (t) => {
    const server = await Postgres.start(t);
    await server.database('bot');
    const data = temporaryFolder(t);
    const scratch = temporaryFolder(t);
    const env = { ORRERY_DATABASE__URL: server.url('bot'), TMPDIR: scratch };
    assert.equal((await db(data, env, 'migrate')).code, 0);
    const backup = JSON.parse((await db(data, env, 'backup', '--json')).stdout).file;
    for (const [mode, ...command] of [['ACCESS SHARE', 'restore', backup], ['ACCESS EXCLUSIVE', 'backup', path.join(data, 'x.dump')]]) {
      const holder = spawn('psql', [server.url('bot'), '-c', `BEGIN; LOCK TABLE prefixes IN ${mode} MODE; SELECT pg_sleep(600)`], { stdio: 'ignore' });
      t.after(() => holder.kill('SIGKILL'));
      await until('the lock is held', async () => (await server.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")) === '1');
      const child = spawn(program('orrery'), ['db', ...command, '--data', data], { env: { ...env, PATH: process.env.PATH }, stdio: 'ignore' });
      await until('it waits for the lock', async () => (await server.sql('SELECT count(*) FROM pg_locks WHERE NOT granted')) !== '0');
      const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal)));
      child.kill('SIGTERM');
      assert.equal(await ended, 'SIGTERM', command[0]);
      assert.deepEqual(fs.readdirSync(scratch), [], command[0]);
      assert.deepEqual(fs.readdirSync(data).filter((name) => name.includes('.part')), [], command[0]);
      await server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
      await until('nobody works on it any more', async () => (await server.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = 'bot'")) === '0');
      assert.equal((await db(data, env, 'validate')).code, 0);
    }
  });

  it('goes back and forth, makes copies and puts them back, on both databases', async (t) => {
    const server = await Postgres.start(t);
    await server.database('bot');
    for (const url of ['sqlite:orrery.db', server.url('bot')]) {
      const data = temporaryFolder(t);
      const env = { ORRERY_DATABASE__URL: url };
      assert.equal((await db(data, env, 'migrate')).code, 0);
      const backup = JSON.parse((await db(data, env, 'backup', '--json')).stdout);
      assert.ok(fs.existsSync(backup.file), backup.file);
      const back = JSON.parse((await db(data, env, 'rollback', '--to', '3', '--json')).stdout);
      assert.equal(back.to, 3);
      assert.ok(fs.existsSync(back.backup));
      const pending = await db(data, env, 'validate');
      assert.equal(pending.code, 1);
      assert.match(pending.stdout, /orrery db migrate/);
      assert.match((await db(data, env, 'migrate', '--dry-run')).stdout, /-- migration 4 \(permissions\)/);
      const restored = await db(data, env, 'restore', path.basename(backup.file), '--json');
      assert.equal(restored.code, 0, restored.stderr);
      assert.ok(fs.existsSync(JSON.parse(restored.stdout).before));
      assert.equal((await db(data, env, 'validate')).code, 0);
      assert.equal((await db(data, env, 'health')).code, 0);
    }
  });

  it('does not put a copy back under a running bot', async (t) => {
    const bot = await startBot(t);
    const backup = JSON.parse((await bot.cli('db', 'backup', '--json')).stdout);
    const refused = await bot.cli('db', 'restore', backup.file);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, new RegExp(`${bot.pid}[^]*stop the bot first`));
    assert.equal((await bot.cli('db', 'rollback')).code, 1);
    assert.equal((await bot.cli('chat', '!ping')).stdout, 'pong\n');
  });

  it('says what a newer database needs, and takes nothing from it', async (t) => {
    const bot = await startBot(t);
    assert.equal((await bot.stop()).code, 0);
    const file = path.join(bot.data, 'orrery.db');
    await sqlite(file, "INSERT INTO schema_migrations VALUES (10, 'future', 1)");
    const again = await startBot(t, { folder: bot.folder, wait: 'listening' });
    const status = await again.state('runtime_failed');
    assert.match(status.failure_message, /newer than the program/);
    assert.match(status.failure_remedy, /rollback|restore/);
    assert.match((await again.cli('check')).stdout, /FAIL database/);
  });
});
