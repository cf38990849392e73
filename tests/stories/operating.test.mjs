// Guards, restarts, probes, metrics, service manager, analysis: what operators and other programs rely on.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { asRoot, cleanUp, execute, program, startBot, temporaryFolder, until } from '../support/bot.mjs';
import { manager } from '../support/manager.mjs';

const hang = { drill: true, env: { DRILL_START: 'hang' }, wait: 'listening' };

describe('A guard', { concurrency: 3 }, () => {
  it('accepts the web socket of who is signed in while the bot is not ready, and closes it with 1013', async (t) => {
    const bot = await startBot(t, hang);
    const socket = await bot.webSocket(await bot.browser());
    assert.equal(socket.status, 101);
    assert.equal(await socket.closed(), 1013);
    assert.equal((await bot.webSocket()).status, 401, 'who is not signed in is told so first');
  });

  it('closes a conversation with 1013 when readiness is lost, and takes a new one afterwards', async (t) => {
    const bot = await startBot(t);
    const ada = await bot.browser();
    const socket = await bot.webSocket(ada);
    socket.sendText(JSON.stringify({ type: 'message', id: '1', text: '!ping' }));
    assert.equal((await socket.nextJson()).text, 'pong');
    const [restart, closed] = await Promise.all([bot.cli('restart', '--runtime'), (async () => {
      for (;;) {
        const got = await socket.next();
        if (got === null || got.opcode === 8) return socket.closeCode;
      }
    })()]);
    assert.deepEqual([restart.code, closed], [0, 1013]);
    const again = await bot.webSocket(ada);
    again.sendText(JSON.stringify({ type: 'message', id: '1', text: '!ping' }));
    assert.equal((await again.nextJson()).text, 'pong');
    again.destroy();
  });

  it('lets the signed-in see state, log and timeline while the bot is not ready', async (t) => {
    const bot = await startBot(t, hang);
    const ada = await bot.browser();
    for (const target of ['/api/stat/runtime-status', '/api/runtime/graph', '/api/runtime/timeline', '/api/log/level', '/api/users', '/api/auth/session']) {
      assert.equal((await bot.http('GET', target, { headers: ada })).status, 200, target);
    }
    for (const target of ['/livez', '/startupz', '/api/stat/start-time', '/api/stat/version', '/api/auth/setup', '/metrics', '/']) assert.equal(await bot.probe(target), 200, target);
    assert.equal(await bot.probe('/readyz'), 503);
  });

  it('has the truth in every status code: no 200 with an error inside', async (t) => {
    const bot = await startBot(t);
    const asked = [['GET', '/api/nothing'], ['POST', '/api/runtime/restart', { component: 'nobody' }], ['PUT', '/api/log/level', {}], ['POST', '/api/users', { username: '' }],
      ['GET', '/api/stat/runtime-status'], ['POST', '/api/runtime/retry'], ['GET', '/api/runtime/graph'], ['POST', '/api/auth/login', { username: 'x', password: 'yyyyyyyy' }]];
    for (const [method, target, body] of asked) {
      const answer = await bot.control(method, target, body);
      assert.equal(answer.status < 300, answer.json.status === 'ok', `${method} ${target}: ${answer.status} ${answer.text}`);
      assert.equal(answer.json.status === 'ok', answer.json.message === null, answer.text);
    }
  });
});

describe('A restart', { concurrency: 3 }, () => {
  it('of the runtime keeps the process and raises the generation', async (t) => {
    const bot = await startBot(t);
    const before = await bot.status();
    const restart = await bot.cli('restart', '--runtime');
    assert.deepEqual([restart.code, restart.stdout], [0, 'ready\n']);
    const after = await bot.status();
    assert.deepEqual([after.generation, after.ready, after.start_time], [before.generation + 1, true, before.start_time]);
    assert.equal(bot.ended, null);
    assert.equal((await bot.cli('chat', '!ping')).stdout, 'pong\n');
    assert.equal((await bot.stop()).code, 0);
  });

  it('of the runtime takes what was changed in the configuration, and refuses one that is wrong', async (t) => {
    const bot = await startBot(t, { config: '[commands]\nprefix = "!"\n' });
    bot.configure('[commands]\nprefix = "$"\n');
    assert.equal((await bot.cli('restart', '--runtime')).code, 0);
    assert.equal((await bot.cli('chat', '$ping')).stdout, 'pong\n');
    bot.configure('[commands]\nprefx = "#"\n');
    const refused = await bot.cli('restart', '--runtime');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /commands\.prefx.*commands\.prefix/);
    assert.equal((await bot.status()).generation, 2, 'nothing was stopped for it');
    assert.equal((await bot.cli('chat', '$ping')).stdout, 'pong\n');
  });

  it('of one component restarts what stands on it, and nothing else', async (t) => {
    const bot = await startBot(t);
    const incarnations = async () => Object.fromEntries([...(await bot.http('GET', '/metrics')).text.matchAll(/^orrery_component_incarnation\{component="(.+)"\} (\d+)/gm)].map((m) => [m[1], Number(m[2])]));
    const before = await incarnations();
    const generation = (await bot.status()).generation;
    assert.equal((await bot.cli('restart', '--runtime', '--component', 'prefixes')).code, 0);
    const after = await incarnations();
    const grown = Object.keys(after).filter((name) => after[name] > before[name]).sort();
    assert.deepEqual(grown, ['pipeline', 'prefixes', 'webchat']);
    assert.equal((await bot.status()).generation, generation);
    assert.equal((await bot.cli('chat', '!ping')).stdout, 'pong\n');
    const unknown = await bot.cli('restart', '--runtime', '--component', 'prefix');
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /no component 'prefix'/);
  });

  it('that fails is told by 1 with the reason, and the bot can be retried', async (t) => {
    const bot = await startBot(t, { config: '' });
    bot.configure('[database]\nurl = "sqlite:nowhere/x.db"\n');
    const restart = await bot.cli('restart', '--runtime');
    assert.equal(restart.code, 1);
    assert.match(restart.stderr, /nowhere/);
    bot.configure('');
    assert.equal((await bot.cli('retry')).code, 0);
  });

  it('with --no-wait returns at once', async (t) => {
    const bot = await startBot(t);
    assert.equal((await bot.cli('restart', '--runtime', '--no-wait')).code, 0);
    await bot.state({ generation: 2, ready: true });
  });
});

describe('A service manager', { concurrency: 2 }, () => {
  it('hears READY though the runtime failed, and STOPPING before the end', async (t) => {
    const heard = await manager(t);
    const bot = await startBot(t, { config: '[database]\nurl = "sqlite:nowhere/x.db"\n', env: { NOTIFY_SOCKET: heard.address }, wait: 'listening' });
    await bot.state('runtime_failed');
    await until('READY=1', () => heard.lines().includes('READY=1'));
    await until('STATUS says what happened', () => /STATUS=.*runtime_failed/.test(heard.text));
    bot.kill('SIGHUP');
    await until('RELOADING=1, then READY=1', () => /RELOADING=1\nMONOTONIC_USEC=\d+\nREADY=1/.test(heard.text));
    assert.ok(!heard.text.includes('STOPPING=1'));
    assert.equal((await bot.stop()).code, 0);
    await until('STOPPING=1', () => heard.lines().includes('STOPPING=1'));
  });

  it('hears a heart-beat, and is asked for time by a slow stop', async (t) => {
    const heard = await manager(t);
    const bot = await startBot(t, { drill: true, env: { NOTIFY_SOCKET: heard.address, WATCHDOG_USEC: '400000' } });
    await until('three heart-beats', () => heard.text.split('WATCHDOG=1').length > 3);
    const talk = await bot.talk();
    talk.say('!sleep 1500');
    assert.deepEqual((await (await bot.talk()).ask('!ping')).replies, ['pong']);
    bot.kill('SIGTERM');
    await until('more time', () => heard.text.includes('EXTEND_TIMEOUT_USEC='));
    assert.equal((await bot.exit()).code, 0);
  });
});

describe('An operator', { concurrency: 3 }, () => {
  it('is told by analyze how long the start took, and why', async (t) => {
    const bot = await startBot(t);
    const names = ['database', 'http', 'pipeline', 'webchat'];
    const blame = await bot.cli('analyze', 'blame');
    assert.equal(blame.code, 0);
    for (const name of names) assert.match(blame.stdout, new RegExp(`ms +${name}$`, 'm'));
    const took = blame.stdout.trim().split('\n').map((line) => parseFloat(line));
    assert.deepEqual(took, [...took].sort((a, b) => b - a), 'slowest first');
    assert.match((await bot.cli('analyze', 'critical-chain')).stdout, /ms +database$[^]*ms +webchat$[^]*not on the chain/m);
    assert.match((await bot.cli('analyze')).stdout, /^ready [\d.]+ ms after/);
    const plot = await bot.cli('analyze', 'plot');
    assert.match(plot.stdout, /^<svg [^]*<\/svg>\n$/);
    assert.equal(plot.stdout.split('<text').length - 1, plot.stdout.split('</text>').length - 1);
    const timeline = JSON.parse((await bot.cli('analyze', '--json')).stdout);
    assert.ok(timeline.ready_ms > 0 && timeline.critical_path.includes('database'));
  });

  it('gets a trace that tools can open', async (t) => {
    const bot = await startBot(t);
    const trace = JSON.parse((await bot.control('GET', '/api/runtime/timeline?format=trace')).text);
    const spans = (trace.traceEvents ?? trace).filter((e) => e.ph === 'X');
    assert.ok(spans.some((e) => e.name === 'database start' && e.dur > 0 && e.ts >= 0), JSON.stringify(spans).slice(0, 300));
    const graph = (await bot.control('GET', '/api/runtime/graph')).json.data;
    assert.match(JSON.stringify(graph), /"webchat"/);
  });

  it('gets metrics in which every line is valid', async (t) => {
    const bot = await startBot(t);
    const answer = await bot.http('GET', '/metrics');
    assert.match(answer.headers['content-type'], /^text\/plain; version=0\.0\.4/);
    const line = /^(?:# (?:HELP|TYPE) [a-zA-Z_:][\w:]* .+|[a-zA-Z_:][\w:]*(?:\{[a-zA-Z_]\w*="(?:[^"\\]|\\.)*"(?:,[a-zA-Z_]\w*="(?:[^"\\]|\\.)*")*\})? (?:[-+]?[\d.]+(?:e[-+]?\d+)?|NaN|[-+]Inf))$/;
    for (const text of answer.text.trimEnd().split('\n')) assert.match(text, line);
    assert.match(answer.text, /^orrery_ready 1$/m);
    assert.match(answer.text, /^orrery_state\{state="runtime_ready"\} 1$/m);
    const fds = Number(/^process_open_fds (\d+)/m.exec(answer.text)[1]);
    assert.ok(Math.abs(fds - bot.fds()) <= 3, `${fds} and ${bot.fds()}`);
  });

  it('reads from start-time and version who runs since when', async (t) => {
    const bot = await startBot(t);
    const { json } = await bot.http('GET', '/api/stat/start-time');
    assert.deepEqual(Object.keys(json.data).sort(), ['failed', 'ready', 'ready_time', 'start_time', 'state']);
    assert.ok(Date.parse(json.data.ready_time) >= Date.parse(json.data.start_time));
    const version = (await bot.http('GET', '/api/stat/version')).json.data.version;
    assert.equal((await bot.cli('version')).stdout, `orrery ${version}\n`);
  });

  it('changes the log level of a running bot', async (t) => {
    const bot = await startBot(t);
    assert.equal((await bot.cli('log', 'level')).stdout, 'info\n');
    assert.equal((await bot.cli('log', 'level', 'debug')).code, 0);
    await bot.cli('restart', '--runtime');
    await bot.event('component started', { component: 'database' });
  });

  it('makes a configuration with every key, which is taken as it is', async (t) => {
    const folder = temporaryFolder(t);
    const run = (...args) => execute(program('orrery'), args, { cwd: folder, env: { HOME: folder } });
    assert.equal((await run('config', 'init')).code, 0);
    const text = fs.readFileSync(path.join(folder, 'orrery.toml'), 'utf8');
    assert.equal((await run('config', 'init')).code, 1, 'what is there is not written over');
    const keys = JSON.parse((await run('config', 'schema', '--json')).stdout);
    assert.ok(keys.length > 20 && keys.every((key) => key.name && key.kind && key.doc));
    for (const key of keys) assert.ok(text.includes(`# ${key.name.split('.').pop()} = ${key.default}`), key.name);
    fs.writeFileSync(path.join(folder, 'orrery.toml'), text.replace(/^# (\w+ = )/gm, '$1').replace(/^(token|dsn) = .*$/gm, '').replace('port = 6185', 'port = 0'));
    assert.equal((await run('check', '--data', path.join(folder, 'data'))).code, 0);
    const shown = await run('config', 'show');
    assert.match(shown.stdout, /^port = 0 +# .*orrery\.toml:\d+/m);
    assert.ok(!fs.existsSync(path.join(folder, 'data')), 'check starts nothing and writes nothing');
  });

  it('finds help for every command, by 0 and on standard output', async (t) => {
    const folder = temporaryFolder(t);
    const run = (...args) => execute(program('orrery'), args, { cwd: folder, env: { HOME: folder } });
    const commands = ['run', 'chat', 'check', 'status', 'retry', 'restart', 'stop', 'analyze', 'analyze blame', 'analyze critical-chain', 'analyze plot', 'user', 'user add', 'user passwd',
      'user list', 'user setup-link', 'config', 'config init', 'config show', 'config schema', 'log', 'log level', 'version', ''];
    for (const command of commands) {
      const help = await run(...command.split(' ').filter(Boolean), '--help');
      assert.equal(help.code, 0, `${command}: ${help.stderr}`);
      assert.match(help.stdout, /Usage: orrery|[Oo]rrery/, command);
    }
    for (const command of commands.filter((name) => name && !name.includes(' '))) assert.match((await run('--help')).stdout, new RegExp(`^ +${command}\\b`, 'm'));
  });

  it('may write --json and --data before the command or after it', async (t) => {
    const bot = await startBot(t);
    const run = (...args) => execute(bot.program, args, { cwd: bot.folder, env: { HOME: bot.folder } });
    const before = await run('--json', '--data', bot.data, 'status');
    const after = await run('status', '--data', bot.data, '--json');
    for (const answer of [before, after]) assert.equal(JSON.parse(answer.stdout).phase_state, 'runtime_ready');
    for (const args of [['version'], ['analyze', 'blame'], ['user', 'list'], ['log', 'level'], ['check'], ['retry'], ['chat', '!ping'], ['config', 'show']]) {
      for (const whole of [['--json', '--data', bot.data, ...args], [...args, '--data', bot.data, '--json']]) {
        const answer = await run(...whole);
        assert.equal(answer.code, 0, `${whole.join(' ')}: ${answer.stderr}`);
        for (const line of answer.stdout.trim().split('\n')) JSON.parse(line);
      }
    }
    const nobody = await run('status', '--json', '--data', path.join(bot.folder, 'none'));
    assert.equal(nobody.code, 69);
    assert.equal(JSON.parse(nobody.stdout).status, 'error');
  });

  it('is kept out of another user’s bot', async (t) => {
    if (!asRoot) return t.skip('only root can play two users');
    const bot = await startBot(t);
    const stranger = await new Promise((resolve) => {
      const child = spawn(bot.program, ['status', '--data', bot.data], { uid: 65533, gid: 65533, stdio: 'ignore' });
      child.on('exit', resolve);
    });
    assert.ok([1, 69].includes(stranger), String(stranger));
  });
});
