// A configuration that is wrong is refused as a whole, before anything is written; secrets stay secret.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { describe, it } from 'node:test';
import { execute, own, program, startBot, temporaryFolder, write } from '../support/bot.mjs';

// Runs with this configuration, to its end.
async function refused(t, config, { env = {}, args = [] } = {}) {
  const bot = await startBot(t, { config, env, args, wait: 'nothing' });
  const end = await bot.exit();
  return { ...end, stderr: bot.stderr, stdout: bot.stdout, wrote: fs.existsSync(bot.data), bot };
}

describe('A configuration', { concurrency: 3 }, () => {
  const wrong = {
    'that is no TOML': ['[http\nport = 1\n', /orrery\.toml:1: is not valid TOML: /],
    'with an unknown key': ['[http]\nprot = 1\n', /^.*orrery\.toml:2: http\.prot: there is no such key.*http\.port/m],
    'with an unknown section': ['[https]\nport = 1\n', /orrery\.toml:1: https: there is no such section.*http/],
    'with a value of another type': ['[http]\nport = "many"\n', /orrery\.toml:2: http\.port: expected a whole number, found "many"/],
    'with a value out of range': ['[http]\nport = 70000\n', /orrery\.toml:2: http\.port: 70000 is not between 0 and 65535/],
    'with a choice that is none': ['[log]\nlevel = "inof"\n', /orrery\.toml:2: log\.level: 'inof' is none of debug, info, warn, error.*info/],
    'with a duration that is none': ['[lifecycle]\nstop = "soon"\n', /orrery\.toml:2: lifecycle\.stop: expected a duration such as .*found "soon"/],
    'with a section where a value belongs': ['[http.port]\nx = 1\n', /orrery\.toml:1: http\.port: expected a value, found a section/],
    'with a value where a section belongs': ['http = 1\n', /orrery\.toml:1: http: /],
    'with an unknown database': ['[database]\nurl = "mysql://u:p@h/d"\n', /orrery\.toml:2: database\.url: 'mysql' is not a database .*sqlite:FILE/],
    'with a prefix of spaces': ['[commands]\nprefix = " "\n', /orrery\.toml:2: commands\.prefix: a prefix has 1 to 16 bytes/],
  };
  for (const [what, [text, message]] of Object.entries(wrong)) {
    it(`${what} is refused with 78, its line and its key, and nothing is written`, async (t) => {
      const end = await refused(t, text);
      assert.deepEqual([end.code, end.wrote, end.stdout], [78, false, ''], end.stderr);
      assert.match(end.stderr, message);
    });
  }

  it('with several faults is told all of them together, one a line, in order', async (t) => {
    const end = await refused(t, '[http]\nport = "x"\nhots = "y"\n\n[log]\nlevel = 5\n\n[database]\nurl = "oracle:z"\n', { env: { ORRERY_HTTP__NOTHING: '1' } });
    assert.equal(end.code, 78);
    const lines = end.stderr.trim().split('\n');
    assert.deepEqual(lines.map((line) => /(?:toml:(\d+)|ORRERY_\w+): ([\w.]+): /.exec(line)?.slice(1)), [['2', 'http.port'], ['3', 'http.hots'], ['6', 'log.level'], ['9', 'database.url'], [undefined, 'http.nothing']], end.stderr);
    assert.equal(end.wrote, false);
  });

  it('is found wrong in the environment and on the command line, too', async (t) => {
    const environment = await refused(t, '', { env: { ORRERY_HTTP__PROT: '1' } });
    assert.equal(environment.code, 78);
    assert.match(environment.stderr, /ORRERY_HTTP__PROT: http\.prot: there is no such key.*http\.port/);
    const flag = await refused(t, '', { args: ['--http', '127.0.0.1:99999'] });
    assert.ok([2, 78].includes(flag.code), String(flag.code));
    assert.equal(flag.wrote, false);
  });

  it('that is not there, though named, is refused with 78', async (t) => {
    const folder = temporaryFolder(t);
    const data = path.join(folder, 'data');
    const end = await execute(program('orrery'), ['run', '--data', data, '--config', path.join(folder, 'none.toml')], { cwd: folder, env: { HOME: folder } });
    assert.equal(end.code, 78);
    assert.match(end.stderr, /none\.toml: .*--config.*no such file/);
    assert.ok(!fs.existsSync(data));
  });

  it('that is wrong is reported by check and config show with 78', async (t) => {
    const folder = temporaryFolder(t);
    const file = write(path.join(folder, 'orrery.toml'), '[http]\nprot = 1\n');
    for (const command of [['check'], ['config', 'show']]) {
      const end = await execute(program('orrery'), [...command, '--config', file, '--data', path.join(folder, 'data')], { cwd: folder, env: { HOME: folder } });
      assert.equal(end.code, 78, command.join(' '));
      assert.match(end.stderr, /orrery\.toml:2: http\.prot/);
    }
    assert.ok(!fs.existsSync(path.join(folder, 'data')));
  });

  it('that puts the database behind a link is followed to where it leads, or does not', async (t) => {
    const folder = temporaryFolder(t);
    for (const [target, code, words] of [['orrery.db', 1, /leads to itself/], ['nowhere/x.db', 1, /nowhere does not exist/], ['x.db', 0, /x\.db will be made/]]) {
      const data = own(fs.mkdtempSync(path.join(folder, 'data-')));
      fs.symlinkSync(target, path.join(data, 'orrery.db'));
      const end = await execute(program('orrery'), ['check', '--data', data], { cwd: folder, env: { HOME: folder, ORRERY_HTTP__PORT: '0' } });
      assert.match(end.stdout, words, end.stdout);
      assert.equal(end.code, code, end.stdout);
    }
  });

  it('comes from flags, then the environment, then .env, then secret files, then the file', async (t) => {
    const folder = temporaryFolder(t);
    write(path.join(folder, 'prefix'), 'd\n');
    const show = async (env, dotEnv) => {
      write(path.join(folder, '.env'), dotEnv ?? '');
      const end = await execute(program('orrery'), ['config', 'show', '--json', '--config', write(path.join(folder, 'orrery.toml'), '[commands]\nprefix = "e"\n')], { cwd: folder, env: { HOME: folder, ...env } });
      return JSON.parse(end.stdout)['commands.prefix'];
    };
    const secret = { ORRERY_COMMANDS__PREFIX_FILE: path.join(folder, 'prefix') };
    assert.match((await show({})).from, /orrery\.toml:2/);
    assert.equal((await show({})).value, '"e"');
    assert.equal((await show(secret)).value, '"d"');
    assert.equal((await show(secret, 'ORRERY_COMMANDS__PREFIX=c\n')).value, '"c"');
    assert.equal((await show({ ...secret, ORRERY_COMMANDS__PREFIX: 'b' }, 'ORRERY_COMMANDS__PREFIX=c\n')).value, '"b"');
  });
});

describe('A place that is taken', { concurrency: 3 }, () => {
  it('by another program on the port ends the start with 1, naming it and a remedy', async (t) => {
    const other = http.createServer(() => {});
    await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve));
    t.after(() => other.close());
    const { port } = other.address();
    const end = await startBot(t, { http: `127.0.0.1:${port}`, wait: 'nothing' });
    assert.equal((await end.exit()).code, 1);
    // An ordinary user may not see whose socket root's is: then the user is named.
    assert.match(end.stderr, new RegExp(`127\\.0\\.0\\.1:${port} is taken by (process ${process.pid} \\(\\w+\\)|a process of user \\d+)`));
    assert.match(end.stderr, /--http HOST:PORT/);
  });

  it('by another orrery on the port is named with its process', async (t) => {
    const first = await startBot(t);
    const second = await startBot(t, { http: `127.0.0.1:${first.port}`, wait: 'nothing' });
    assert.equal((await second.exit()).code, 1);
    assert.match(second.stderr, new RegExp(`taken by process ${first.pid} \\(orrery\\)`));
    const check = await execute(first.program, ['check', '--data', path.join(first.folder, 'other')], { cwd: first.folder, env: { ORRERY_HTTP__PORT: String(first.port) } });
    assert.equal(check.code, 1);
    assert.match(check.stdout, /FAIL port[^]*what to do: /);
  });

  it('by another orrery in the data folder ends the start with 1, naming its process; the first goes on', async (t) => {
    const first = await startBot(t);
    const second = await startBot(t, { folder: first.folder, wait: 'nothing' });
    const begun = performance.now();
    assert.equal((await second.exit()).code, 1);
    assert.ok(performance.now() - begun < 1000);
    assert.match(second.stderr, new RegExp(`another orrery \\(process ${first.pid}\\)[^]*orrery stop.*--data`));
    assert.equal((await first.cli('chat', '!ping')).stdout, 'pong\n');
  });

  it('by an orrery that was killed is taken over, with its stale socket', async (t) => {
    const first = await startBot(t);
    assert.equal((await first.stop('SIGKILL')).signal, 'SIGKILL');
    assert.ok(fs.existsSync(first.socket));
    const second = await startBot(t, { folder: first.folder });
    assert.equal((await second.cli('chat', '!ping')).stdout, 'pong\n');
  });
});

describe('A secret', { concurrency: 2 }, () => {
  const token = 'MTIzNDU2Nzg5.story-token.aBcDeFgHiJkL';
  const dsn = 'https://dsnsecretdsnsecret@sentry.example/42';
  const password = 'pa55w0rd-of-the-story';
  const config = `[discord]\ntoken = "${token}"\n[sentry]\ndsn = "${dsn}"\n[database]\nurl = "postgresql://bot:${password}@127.0.0.1:1/bot"\n[log]\nlevel = "debug"\n`;
  const clean = (text, where) => {
    for (const secret of [token, dsn, 'dsnsecretdsnsecret', password]) assert.ok(!text.includes(secret), `${where} shows ${secret}:\n${text}`);
  };

  it('is never in an answer, a log or a command', async (t) => {
    const bot = await startBot(t, { config, wait: 'listening' });
    await bot.state('runtime_failed'); // this build cannot open it: the message names the database
    assert.match((await bot.status()).failure_message, /127\.0\.0\.1/);
    for (const command of [['status'], ['status', '--json'], ['retry'], ['retry', '--json'], ['check'], ['check', '--json'], ['config', 'show'], ['config', 'show', '--json'], ['analyze'], ['chat', '--timeout', '50ms', '!ping']]) {
      const end = await bot.cli(...command);
      clean(end.stdout + end.stderr, command.join(' '));
    }
    for (const target of ['/metrics', '/readyz?verbose', '/api/stat/start-time', '/api/runtime/timeline?format=trace', '/api/runtime/graph']) clean((await bot.control('GET', target)).text, target);
    bot.configure(`${config}[http]\nprot = 1\n`);
    bot.kill('SIGHUP');
    await bot.event('configuration not reloaded');
    await bot.stop();
    clean(bot.everythingSaid(), 'the log');
  });

  it('of the wrong type, or in a faulty file, is not in the fault', async (t) => {
    const typed = await refused(t, `[discord]\ntoken = ["${token}"]\n[sentry]\ndsn = { x = "${dsn}" }\n[database]\nurl = "mysql://u:${password}@h/d"\n`);
    assert.equal(typed.code, 78);
    clean(typed.stderr, 'the fault');
    const torn = await refused(t, `[discord]\ntoken = "${token}\n`);
    assert.equal(torn.code, 78);
    clean(torn.stderr, 'the fault');
    const environment = await refused(t, '', { env: { ORRERY_DATABASE__URL: `mysql//u:${password}@h` } });
    assert.equal(environment.code, 78);
    clean(environment.stderr, 'the fault');
  });

  it('that is mended later is hidden, too', async (t) => {
    const bot = await startBot(t, { config: '', wait: 'ready' });
    bot.configure(config);
    await bot.cli('restart', '--runtime');
    await bot.state('runtime_failed');
    await bot.stop();
    clean(bot.everythingSaid(), 'the log');
  });
});
