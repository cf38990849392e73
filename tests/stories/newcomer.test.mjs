// Somebody tries Orrery for the first time: run, talk, change something, stop.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { describe, it } from 'node:test';
import { cleanUp, execute, own, program, startBot, temporaryFolder } from '../support/bot.mjs';

describe('A newcomer', { concurrency: 3 }, () => {
  it('runs the bot, says !ping in a terminal, and reads pong', async (t) => {
    const bot = await startBot(t, { wait: 'nothing' });
    const chat = await bot.cli('chat', '!ping');
    if (chat.code === 69) {
      await bot.ready(); // the terminal was faster than the control socket
      assert.equal((await bot.cli('chat', '!ping')).stdout, 'pong\n');
      return;
    }
    assert.deepEqual([chat.code, chat.stdout, chat.stderr], [0, 'pong\n', '']);
  });

  it('finds every command in !help, and each explained by !help NAME', async (t) => {
    const bot = await startBot(t);
    const help = await bot.cli('chat', '!help');
    assert.equal(help.code, 0);
    for (const name of ['help', 'ping', 'prefix', 'status']) {
      assert.match(help.stdout, new RegExp(`^!${name}\\b.*\\w+\\.`, 'm'));
      assert.match((await bot.cli('chat', `!help ${name}`)).stdout, new RegExp(`^!${name}\\b`));
    }
  });

  it('learns from !status and from orrery status that the bot is ready', async (t) => {
    const bot = await startBot(t);
    assert.match((await bot.cli('chat', '!status')).stdout, /^ready for .*generation 1/);
    const status = await bot.cli('status');
    assert.equal(status.code, 0);
    assert.match(status.stdout, /^ready \(runtime_ready since /);
    for (const name of ['configuration', 'data-folder', 'accounts', 'http', 'database', 'prefixes', 'pipeline', 'webchat']) {
      assert.match(status.stdout, new RegExp(`ok +${name} `));
    }
  });

  it('gets the same data from status --json and from the HTTP route, with all that is promised', async (t) => {
    const bot = await startBot(t);
    const printed = JSON.parse((await bot.cli('status', '--json')).stdout);
    const answer = (await bot.control('GET', '/api/stat/runtime-status')).json;
    assert.deepEqual([answer.status, answer.message], ['ok', null]);
    assert.deepEqual(Object.keys(printed).sort(), Object.keys(answer.data).sort());
    for (const key of ['state', 'ready', 'failed', 'failure_message', 'phase_state', 'generation', 'since', 'degraded', 'waiting_on', 'components']) {
      assert.ok(key in printed, key);
    }
    for (const component of printed.components) {
      for (const key of ['name', 'phase', 'state', 'critical', 'started_ms', 'took_ms', 'reason', 'remedy']) assert.ok(key in component, `${component.name}.${key}`);
    }
    assert.deepEqual([printed.state, printed.ready, printed.failed, printed.failure_message], ['runtime_ready', true, false, null]);
  });

  it('is helped on with the nearest name after a mistyped command', async (t) => {
    const bot = await startBot(t);
    const chat = await bot.cli('chat', '!pign');
    assert.equal(chat.code, 0);
    assert.match(chat.stdout, /Did you mean !ping\?/);
  });

  it('changes the prefix, and finds it changed after a restart of the program', async (t) => {
    const folder = temporaryFolder(t);
    const bot = await startBot(t, { folder });
    assert.match((await bot.cli('chat', '!prefix ?')).stdout, /begin with \? here from now on/);
    assert.equal((await bot.cli('chat', '?ping')).stdout, 'pong\n');
    assert.equal((await bot.stop()).code, 0);
    const again = await startBot(t, { folder });
    assert.equal((await again.cli('chat', '?ping')).stdout, 'pong\n');
    assert.equal((await again.cli('chat', '!ping')).code, 1, 'the old prefix is not a prefix any more');
  });

  it('cannot change the prefix as an ordinary user, but may ask for it', async (t) => {
    const bot = await startBot(t);
    const refused = await bot.cli('chat', '--as', 'bob', '!prefix ?');
    assert.equal(refused.code, 1);
    assert.match(refused.stdout, /[Oo]nly the owner/);
    assert.match((await bot.cli('chat', '--as', 'bob', '!prefix')).stdout, /begin with ! here/);
  });

  it('says several lines on standard input and gets one answer for each', async (t) => {
    const bot = await startBot(t);
    const chat = await bot.cliWith({ input: '!ping\n!prefix\n!ping\n' }, 'chat');
    assert.deepEqual([chat.code, chat.stdout], [0, 'pong\nCommands begin with ! here.\npong\n']);
  });

  it('is told when nothing answered, by 1', async (t) => {
    const bot = await startBot(t);
    const chat = await bot.cli('chat', 'good morning');
    assert.deepEqual([chat.code, chat.stdout], [1, '']);
    assert.match(chat.stderr, /nothing answered/);
  });

  it('waits no longer for an answer than --timeout', async (t) => {
    const bot = await startBot(t, { drill: true });
    const chat = await bot.cli('chat', '--timeout', '300ms', '!sleep 20000');
    assert.equal(chat.code, 1);
    assert.match(chat.stderr, /no answer in time/);
    assert.ok(chat.ms > 250 && chat.ms < 2000, `${chat.ms} ms`);
  });

  it('waits no longer for readiness than --timeout, and hears what the bot is doing', async (t) => {
    const bot = await startBot(t, { drill: true, env: { DRILL_START: 'hang' }, wait: 'listening' });
    const chat = await bot.cli('chat', '--timeout', '300ms', '!ping');
    assert.equal(chat.code, 1);
    assert.match(chat.stderr, /not ready in time: runtime_starting/);
  });

  it('hears what the bot was doing also if the time runs out in the middle of a question', async (t) => {
    const folder = temporaryFolder(t);
    const socket = path.join(folder, 'run/orrery.sock');
    fs.mkdirSync(path.dirname(socket));
    let asked = 0;
    const bot = http.createServer((request, response) => {
      if (++asked > 1) return; // busy from now on
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ code: 0, data: { ready: false, phase_state: 'runtime_starting', failure_message: null } }));
    });
    await new Promise((resolve) => bot.listen(socket, resolve));
    cleanUp(t, () => (bot.closeAllConnections(), bot.close()));
    own(socket);
    const chat = await execute(program('orrery'), ['chat', '--data', folder, '--timeout', '400ms', '!ping']);
    assert.equal(asked, 2);
    assert.equal(chat.code, 1);
    assert.match(chat.stderr, /not ready in time: runtime_starting/);
  });

  it('is served by chat as soon as the bot has become ready', async (t) => {
    const bot = await startBot(t, { drill: true, env: { DRILL_START: 'slow' }, wait: 'listening' });
    const chat = await bot.cli('chat', '--timeout', '10s', '!ping');
    assert.deepEqual([chat.code, chat.stdout], [0, 'pong\n']);
  });

  it('is told by 69 that no bot runs there, and what to do', async (t) => {
    const folder = temporaryFolder(t);
    for (const command of [['status'], ['chat', '!ping'], ['retry'], ['restart', '--runtime'], ['stop'], ['analyze'], ['log', 'level']]) {
      const answer = await execute(program('orrery'), [...command, '--data', path.join(folder, 'none')], { cwd: folder });
      assert.equal(answer.code, 69, command.join(' '));
      assert.match(answer.stderr, /no bot is running in .*none[^]*What to do: .*orrery run/, command.join(' '));
    }
    assert.ok(!fs.existsSync(path.join(folder, 'none')), 'asking makes no folder');
  });

  it('is told by 2 that the command line is wrong, with nothing on standard output', async (t) => {
    const folder = temporaryFolder(t);
    const wrong = [[], ['frobnicate'], ['run', '--bogus'], ['run', '--http', 'nowhere'], ['run', '--on-failure', 'panic'], ['chat', '--timeout', 'soon', 'x'],
      ['user'], ['user', 'add'], ['config'], ['log', 'level', 'loud'], ['analyze', 'nothing'], ['status', 'extra']];
    for (const command of wrong) {
      const answer = await execute(program('orrery'), command, { cwd: folder, env: { HOME: folder } });
      assert.equal(answer.code, 2, `${command.join(' ')}: ${answer.stdout}${answer.stderr}`);
      assert.ok(answer.stderr.length > 0 && answer.stdout === '', command.join(' '));
    }
  });

  for (const signal of ['SIGINT', 'SIGTERM']) {
    it(`ends the bot by ${signal}: 0, in under a second, with nothing left`, async (t) => {
      const bot = await startBot(t);
      const end = await bot.stop(signal);
      assert.deepEqual([end.code, end.signal], [0, null]);
      assert.ok(end.ms < 1000, `${end.ms} ms`);
      assert.ok(!fs.existsSync(bot.socket));
      assert.ok(bot.gone());
    });
  }

  it('ends the bot by orrery stop, which returns when it has ended', async (t) => {
    const bot = await startBot(t);
    const stop = await bot.cli('stop');
    assert.deepEqual([stop.code, stop.stdout], [0, 'stopped\n']);
    assert.equal((await bot.exit({ within: 500 })).code, 0);
    assert.equal((await bot.cli('status')).code, 69);
  });

  it('has its data where the contract says, and a control socket that is closed to others', async (t) => {
    const folder = temporaryFolder(t);
    const bot = await startBot(t, { folder, data: path.join(folder, '.local/state/orrery') });
    for (const name of ['orrery.db', 'plugins', 'backups', 'run', 'logs/orrery.log']) assert.ok(fs.existsSync(path.join(bot.data, name)), name);
    assert.equal(fs.statSync(bot.socket).mode & 0o777, 0o600);
    const by = { cwd: folder, env: { HOME: folder } };
    assert.equal((await execute(bot.program, ['status'], by)).code, 0, 'the default folder is ~/.local/state/orrery');
    assert.equal((await execute(bot.program, ['status'], { ...by, env: { HOME: '/', STATE_DIRECTORY: bot.data } })).code, 0);
    assert.equal((await execute(bot.program, ['status'], { ...by, env: { HOME: '/', XDG_STATE_HOME: path.join(folder, '.local/state') } })).code, 0);
  });

  it('may have a data folder with a very long name', async (t) => {
    const folder = temporaryFolder(t);
    const data = path.join(folder, 'long'.repeat(30), 'longer'.repeat(20));
    const bot = await startBot(t, { folder, data, env: { XDG_RUNTIME_DIR: folder } });
    assert.equal((await bot.cli('chat', '!ping')).stdout, 'pong\n');
    assert.equal((await bot.cli('stop')).code, 0);
  });

  it('may open the front page in a browser', async (t) => {
    const bot = await startBot(t);
    const page = await bot.http('GET', '/');
    assert.equal(page.status, 200);
    assert.match(page.headers['content-type'], /text\/html/);
    assert.match(page.text, /<title>Orrery<\/title>/);
  });
});
