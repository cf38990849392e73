// The database cannot be opened: the bot says so, stays, is mended and retried in the same process.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { asRoot, cleanUp, elapse, execute, own, sqlite, startBot, temporaryFolder, until, write } from '../support/bot.mjs';

const away = '[database]\nurl = "sqlite:nowhere/orrery.db"\n';
const broken = (t, options = {}) => startBot(t, { config: away, wait: 'listening', ...options });

// A folder on a file system of its own, of `size`; only root can make one.
async function smallDisk(t, folder, size) {
  const mounted = await execute('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755,uid=65534,gid=65534`, 'orrery-story', folder], { asUser: false });
  if (mounted.code !== 0) return false;
  cleanUp(t, () => execute('umount', ['-l', folder], { asUser: false }));
  return true;
}
function fill(folder) {
  const file = fs.openSync(own(write(path.join(folder, 'ballast'), '')), 'a');
  for (const size of [65536, 4096]) {
    try {
      for (;;) fs.writeSync(file, Buffer.alloc(size));
    } catch (error) {
      assert.equal(error.code, 'ENOSPC');
    }
  }
  fs.closeSync(file);
}

describe('A database that cannot be opened', { concurrency: 3 }, () => {
  it('leaves the bot alive and started, but not ready', async (t) => {
    const bot = await broken(t);
    await bot.state('runtime_failed');
    assert.deepEqual(await bot.probes(), { live: 200, startup: 200, ready: 503 });
  });

  it('is explained to the owner, with a remedy, by status and by the log', async (t) => {
    const bot = await broken(t);
    const status = await bot.state('runtime_failed');
    assert.deepEqual([status.state, status.ready, status.failed], ['runtime_failed', false, true]);
    assert.match(status.failure_message, /database.*nowhere\/orrery\.db.*folder .*nowhere does not exist/);
    assert.match(status.failure_remedy, /nowhere.*database\.url/);
    const shown = await bot.cli('status');
    assert.equal(shown.code, 1);
    assert.match(shown.stdout, /what happened: .*nowhere[^]*what to do: .*database\.url[^]*orrery retry/);
    const line = await bot.event('the runtime could not start');
    assert.match(line.reason, /nowhere/);
    assert.equal(line.then, 'orrery retry');
    assert.equal((await bot.component('webchat')).state, 'waiting');
  });

  it('is not explained to the public', async (t) => {
    const bot = await broken(t);
    await bot.state('runtime_failed');
    for (const target of ['/livez?verbose', '/readyz?verbose', '/startupz?verbose', '/api/stat/start-time', '/api/stat/version', '/', '/metrics', '/api/auth/setup']) {
      const answer = await bot.http('GET', target);
      assert.doesNotMatch(answer.text + JSON.stringify(answer.headers), /nowhere|cannot be opened|does not exist/, target);
    }
    const verbose = await bot.http('GET', '/readyz?verbose');
    assert.match(verbose.text, /\[-\] database: failed/);
    assert.equal((await bot.http('GET', '/api/stat/runtime-status')).status, 401);
    assert.equal((await bot.http('POST', '/api/runtime/retry')).status, 401);
  });

  it('is explained to whoever signs in, which works all the same', async (t) => {
    const bot = await broken(t);
    await bot.state('runtime_failed');
    const ada = await bot.browser();
    const answer = await bot.http('GET', '/api/stat/runtime-status', { headers: ada });
    assert.equal(answer.status, 200);
    assert.match(answer.json.data.failure_message, /nowhere/);
  });

  it('is open after the folder was made and orrery retry, in the same process', async (t) => {
    const bot = await broken(t);
    await bot.state('runtime_failed');
    const failing = await bot.cli('retry');
    assert.equal(failing.code, 1);
    assert.match(failing.stderr, /nowhere/);
    own(fs.mkdirSync(path.join(bot.data, 'nowhere'), { recursive: true }));
    const retry = await bot.cli('retry');
    assert.deepEqual([retry.code, retry.stdout], [0, 'ready\n']);
    assert.equal((await bot.cli('chat', '!ping')).stdout, 'pong\n');
    const status = await bot.status();
    assert.deepEqual([status.generation, status.failed, status.failure_message], [3, false, null]);
    assert.equal(bot.ended, null);
    assert.equal((await bot.stop()).code, 0);
  });

  it('is open after the configuration was mended and orrery retry', async (t) => {
    const bot = await broken(t);
    await bot.state('runtime_failed');
    bot.configure('[database]\nurl = "sqlite:present.db"\n');
    assert.equal((await bot.cli('retry')).code, 0);
    assert.equal(await bot.probe('/readyz'), 200);
    assert.ok(fs.existsSync(path.join(bot.data, 'present.db')));
  });

  it('is open after a retry over the control socket, which answers at once without ?wait', async (t) => {
    const bot = await broken(t);
    await bot.state('runtime_failed');
    assert.equal((await bot.control('POST', '/api/runtime/retry?wait=10')).status, 503);
    own(fs.mkdirSync(path.join(bot.data, 'nowhere'), { recursive: true }));
    const answer = await bot.control('POST', '/api/runtime/retry');
    assert.equal(answer.status, 202);
    await bot.state({ ready: true });
    assert.equal((await bot.cli('retry', '--no-wait')).code, 0);
  });

  it('is not tried again with a configuration that is wrong: the faults are told, nothing changes', async (t) => {
    const bot = await broken(t);
    const before = await bot.state('runtime_failed');
    bot.configure('[database]\nurll = "sqlite:present.db"\n[http]\nport = "many"\n');
    const retry = await bot.cli('retry');
    assert.equal(retry.code, 1);
    assert.match(retry.stderr, /orrery\.toml:2: database\.urll: .*database\.url/);
    assert.match(retry.stderr, /orrery\.toml:4: http\.port: /);
    const after = await bot.status();
    assert.deepEqual([after.phase_state, after.generation, after.failure_message], ['runtime_failed', before.generation, before.failure_message]);
  });

  it('ends the program with 1 under --on-failure exit', async (t) => {
    const bot = await startBot(t, { config: away, wait: 'nothing', args: ['--on-failure', 'exit'] });
    assert.deepEqual(((end) => [end.code, end.signal])(await bot.exit()), [1, null]);
    assert.match(bot.stderr, /nowhere/);
    assert.ok(!fs.existsSync(bot.socket));
  });

  it('is tried again without being asked under --on-failure retry', async (t) => {
    const bot = await broken(t, { args: ['--on-failure', 'retry'] });
    await bot.event('retrying');
    own(fs.mkdirSync(path.join(bot.data, 'nowhere'), { recursive: true }));
    await bot.event('ready');
    assert.equal(await bot.probe('/readyz'), 200);
  });

  it('does not keep the program from stopping with 0', async (t) => {
    const bot = await broken(t, { args: ['--on-failure', 'retry'] });
    await bot.event('retrying');
    const end = await bot.stop();
    assert.equal(end.code, 0);
    assert.ok(end.ms < 1000, `${end.ms} ms`);
  });

  it('is opened again by retry for nothing when the bot is ready', async (t) => {
    const bot = await startBot(t);
    const retry = await bot.cli('retry');
    assert.deepEqual([retry.code, retry.stdout], [0, 'ready\n']);
    assert.equal((await bot.status()).generation, 1);
  });
});

describe('A database', { concurrency: 3 }, () => {
  const folderWith = (t, name, text) => {
    const folder = temporaryFolder(t);
    own(fs.mkdirSync(path.join(folder, 'data'), { recursive: true }));
    if (text !== undefined) write(path.join(folder, 'data', name), text);
    return folder;
  };

  it('that is no database is left as it is, and may be moved away', async (t) => {
    const rubbish = 'this is not a database '.repeat(100);
    const folder = folderWith(t, 'orrery.db', rubbish);
    const bot = await startBot(t, { folder, wait: 'listening' });
    const status = await bot.state('runtime_failed');
    assert.match(status.failure_message, /orrery\.db: file is not a database/);
    assert.match(status.failure_remedy, /backup/);
    assert.equal(fs.readFileSync(path.join(bot.data, 'orrery.db'), 'utf8'), rubbish);
    fs.renameSync(path.join(bot.data, 'orrery.db'), path.join(bot.data, 'rubbish.db'));
    assert.equal((await bot.cli('retry')).code, 0);
  });

  it('whose pages were overwritten is reported as damaged', async (t) => {
    const first = await startBot(t);
    for (const prefix of ['?', '$', '!']) await first.cli('chat', `${prefix === '?' ? '!' : prefix === '$' ? '?' : '$'}prefix ${prefix}`);
    await first.stop();
    const file = path.join(first.data, 'orrery.db');
    const bytes = fs.readFileSync(file);
    bytes.fill(0xa5, 4096, bytes.length); // every page but the first
    fs.writeFileSync(file, bytes);
    const bot = await startBot(t, { folder: first.folder, wait: 'listening' });
    const status = await bot.state('runtime_failed');
    assert.match(status.failure_message, /orrery\.db.*(damaged|malformed)/);
    assert.match(status.failure_remedy, /backup/);
    assert.deepEqual(fs.readFileSync(file), bytes, 'what is left of it is left for the repair');
  });

  it('that is newer than the program is refused and not touched', async (t) => {
    const first = await startBot(t);
    await first.stop();
    const file = path.join(first.data, 'orrery.db');
    assert.equal((await sqlite(file, "INSERT INTO schema_migrations VALUES (999, 'from_the_future', 1)")).code, 0);
    const bot = await startBot(t, { folder: first.folder, wait: 'listening' });
    const status = await bot.state('runtime_failed');
    assert.match(status.failure_message, /999.*newer than the program/);
    assert.match(status.failure_remedy, /newer program|backup/);
    assert.equal((await sqlite(file, 'DELETE FROM schema_migrations WHERE number = 999')).code, 0);
    assert.equal((await bot.cli('retry')).code, 0);
  });

  it('that may not be opened is reported with the right to give', async (t) => {
    const first = await startBot(t);
    await first.stop();
    const file = path.join(first.data, 'orrery.db');
    fs.chmodSync(file, 0o000);
    const bot = await startBot(t, { folder: first.folder, wait: 'listening' });
    const status = await bot.state('runtime_failed');
    assert.match(status.failure_message, /orrery\.db.*[Pp]ermission denied/);
    fs.chmodSync(file, 0o644);
    assert.equal((await bot.cli('retry')).code, 0);
  });

  it('that may only be read does not make the bot ready', async (t) => {
    const first = await startBot(t);
    await first.stop();
    const file = path.join(first.data, 'orrery.db');
    fs.chmodSync(file, 0o444);
    const bot = await startBot(t, { folder: first.folder, wait: 'listening' });
    const status = await bot.state('runtime_failed', { within: 2000 });
    assert.match(status.failure_message, /orrery\.db.*(only be read|readonly|read-only|[Pp]ermission denied)/);
    assert.match(status.failure_remedy, /right to write/);
    fs.chmodSync(file, 0o644);
    assert.equal((await bot.cli('retry')).code, 0);
  });

  it('on a disk without room is reported, and opened when there is room', async (t) => {
    const folder = folderWith(t);
    const disk = own(fs.mkdirSync(path.join(folder, 'disk'), { recursive: true }));
    if (!asRoot || !(await smallDisk(t, disk, '1m'))) return t.skip('only root can mount a small disk');
    fill(disk);
    const bot = await startBot(t, { folder, config: `[database]\nurl = "sqlite:${disk}/orrery.db"\n`, wait: 'listening' });
    const status = await bot.state('runtime_failed');
    assert.match(status.failure_remedy, /room|disk/);
    fs.truncateSync(path.join(disk, 'ballast'), 0);
    assert.equal((await bot.cli('retry')).code, 0);
    assert.equal((await bot.cli('chat', '!prefix ?')).code, 0);
    fill(disk);
    const full = await bot.cli('chat', '?prefix !');
    assert.ok(full.code === 0 || /full|disk/.test(full.stdout), full.stdout);
    assert.equal(await bot.probe('/livez'), 200);
    assert.equal((await bot.stop()).code, 0);
    assert.equal((await sqlite(path.join(disk, 'orrery.db'), 'pragma integrity_check')).stdout, 'ok\n');
  });
});

describe('A data folder', { concurrency: 3 }, () => {
  it('that may not be written ends the start with 1, one message and a remedy', async (t) => {
    const folder = temporaryFolder(t);
    const data = own(fs.mkdirSync(path.join(folder, 'data'), { recursive: true }));
    fs.chmodSync(data, 0o555);
    const bot = await startBot(t, { folder, wait: 'nothing' });
    assert.equal((await bot.exit()).code, 1);
    assert.match(bot.stderr, /data.*[Pp]ermission denied[^]*What to do: .*--data/);
    assert.deepEqual(fs.readdirSync(data), []);
  });

  it('that cannot be made ends the start with 1', async (t) => {
    const folder = temporaryFolder(t);
    write(path.join(folder, 'file'), '');
    const bot = await startBot(t, { folder, data: path.join(folder, 'file/data'), wait: 'nothing' });
    assert.equal((await bot.exit()).code, 1);
    assert.match(bot.stderr, /Not a directory[^]*What to do: /);
  });

  it('on a disk that is quite full is reported, and never takes the program down without a word', async (t) => {
    const folder = temporaryFolder(t);
    const data = own(fs.mkdirSync(path.join(folder, 'data'), { recursive: true }));
    if (!asRoot || !(await smallDisk(t, data, '64k'))) return t.skip('only root can mount a small disk');
    fill(data);
    const bot = await startBot(t, { folder, wait: 'nothing' });
    const end = await bot.exit();
    assert.equal(end.code, 1);
    assert.match(bot.stderr, /[Nn]o space left[^]*What to do: .*(room|disk)/);
  });

  it('that fills while the log is written does not stop the bot', async (t) => {
    const folder = temporaryFolder(t);
    const data = own(fs.mkdirSync(path.join(folder, 'data'), { recursive: true }));
    if (!asRoot || !(await smallDisk(t, data, '512k'))) return t.skip('only root can mount a small disk');
    const bot = await startBot(t, { folder });
    fill(data);
    assert.equal((await bot.cli('chat', '!ping')).stdout, 'pong\n');
    const adding = await bot.cliWith({ input: 'correct horse\n' }, 'user', 'add', 'ada', '--password-stdin');
    assert.equal(adding.code, 1);
    assert.match(adding.stderr, /No space left[^]*make room on the disk/);
    assert.equal((await bot.cli('user', 'list')).stdout, '', 'a user that could not be kept is not there');
    assert.equal((await bot.stop()).code, 0);
  });
});

const rounds = Number(process.env.ORRERY_RETRIES ?? 500);

it(`Failing and retrying ${rounds} times leaves as many descriptors and threads as a first start`, async (t) => {
  const bot = await startBot(t, { config: '[database]\nurl = "sqlite:box/orrery.db"\n[log]\nlevel = "error"\n', wait: 'nothing' });
  await bot.event('the runtime could not start').catch(() => assert.fail('the folder box is not there yet'));
  const box = path.join(bot.data, 'box');
  own(fs.mkdirSync(`${box}.away`, { recursive: true }));
  const once = async (from, to, target, wanted) => {
    if (fs.existsSync(from)) fs.renameSync(from, to);
    const answer = await bot.control('POST', `${target}?wait=20`);
    assert.equal(answer.status, wanted, answer.text);
  };
  const mend = () => once(`${box}.away`, box, '/api/runtime/retry', 200);
  const fail = () => once(box, `${box}.away`, '/api/runtime/restart', 503);
  const fresh = await startBot(t, {});
  await fresh.status();
  await mend();
  const held = (of) => `${of.fds()} descriptors, ${of.threads()} threads`;
  // The connection that asked may be closed a moment after the answer.
  const holds = (wanted, when) => until(() => `it holds ${wanted} ${when}; it holds ${held(bot)}`, () => held(bot) === wanted, { within: 1000 });
  await elapse(50); // for those connections to be closed
  const first = held(fresh);
  await holds(first, 'after a retry, as after a first start');
  await fail();
  await elapse(50);
  const failed = held(bot);
  let resident = 0;
  for (let round = 1; round <= rounds; ++round) {
    await mend();
    if (round % 100 === 0) await holds(first, `when ready, round ${round}`);
    await fail();
    if (round % 100 === 0) await holds(failed, `when failed, round ${round}`);
    if (round === 100) resident = bot.residentBytes();
  }
  const growth = bot.residentBytes() - resident;
  t.diagnostic(`resident memory grew by ${Math.round(growth / 1024)} KiB between round 100 and ${rounds}`);
  assert.ok(growth < 2 * 1024 * 1024, `${growth} bytes in ${rounds - 100} rounds`);
  await mend();
  assert.equal((await bot.cli('chat', '!ping')).stdout, 'pong\n');
  assert.equal((await bot.status()).generation, 1 + 1 + 1 + rounds * 2 + 1);
  assert.equal((await bot.stop()).code, 0);
});
