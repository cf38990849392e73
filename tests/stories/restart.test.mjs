// A restart in place: the same process, the same sockets, and nobody notices.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { describe, it } from 'node:test';
import { elapse, execute, own, startBot, temporaryFolder, until, write } from '../support/bot.mjs';
import { manager } from '../support/manager.mjs';

// A program of one's own in a folder of one's own, so that it can be replaced.
function ownCopy(t, bot) {
  const copy = path.join(temporaryFolder(t), 'orrery');
  fs.copyFileSync(bot.program, copy);
  fs.chmodSync(copy, 0o755);
  return own(copy);
}
function replace(file, text) {
  write(`${file}.new`, text);
  fs.chmodSync(`${file}.new`, 0o755);
  fs.renameSync(`${file}.new`, file);
}

// One request on a connection of its own: the status, or what went wrong.
function once(port, target = '/livez') {
  return new Promise((resolve) => {
    const asking = http.get({ host: '127.0.0.1', port, path: target, agent: false, timeout: 8000 }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.complete ? answer.statusCode : 'cut'));
      answer.on('error', (error) => resolve(error.code));
    });
    asking.on('timeout', () => asking.destroy(new Error('silent')));
    asking.on('error', (error) => resolve(error.code ?? error.message));
  });
}

describe('A restart in place', () => {
  it('keeps the process, the port, the accounts and the sessions', async (t) => {
    const bot = await startBot(t);
    const browser = await bot.browser();
    const before = await bot.status();
    const restarted = await bot.cli('restart');
    assert.equal(restarted.code, 0, restarted.stderr);
    assert.equal(restarted.stdout, 'ready\n');
    const after = await bot.status();
    assert.notEqual(after.boot, before.boot);
    assert.equal(after.restarts, 1);
    assert.equal(bot.ended, null);
    assert.equal((await bot.http('GET', '/api/stat/runtime-status', { headers: browser })).status, 200);
    const { code, signal } = await bot.stop();
    assert.deepEqual({ code, signal }, { code: 0, signal: null });
  });

  it('is what USR2 asks for', async (t) => {
    const bot = await startBot(t);
    bot.kill('SIGUSR2');
    const again = await until('another program answers', async () => (await bot.status()).restarts === 1);
    assert.ok(again);
    await bot.state('runtime_ready');
  });

  it('refuses no connection and cuts no answer, fifty times in a row', async (t) => {
    const rounds = Number(process.env.ORRERY_RESTARTS ?? 50);
    const bot = await startBot(t);
    const browser = await bot.browser();
    let over = false;

    // One that connects in a loop.
    const answers = {};
    const looping = (async () => {
      while (!over) {
        const answer = await once(bot.port);
        answers[answer] = (answers[answer] ?? 0) + 1;
      }
    })();
    // One that keeps its connection and uses it again and again.
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set();
    let kept = 0;
    const keeping = (async () => {
      while (!over) {
        await new Promise((resolve, reject) => {
          const asking = http.get({ host: '127.0.0.1', port: bot.port, path: '/livez', agent }, (answer) => {
            sockets.add(answer.socket);
            answer.resume();
            answer.on('end', () => (answer.complete && answer.statusCode === 200 ? resolve(kept++) : reject(new Error('cut'))));
          });
          asking.on('error', reject);
        });
        await elapse(3);
      }
      agent.destroy();
    })();
    // Streams end as they should, with their last words, and are opened again.
    const streams = { ended: 0, cut: 0, byes: 0 };
    const streaming = (async () => {
      while (!over) {
        await new Promise((resolve) => {
          const asking = http.get({ host: '127.0.0.1', port: bot.port, path: '/api/runtime/events', agent: false, headers: { Cookie: browser.Cookie } }, (answer) => {
            let text = '';
            answer.on('data', (data) => (text += data));
            answer.on('end', () => {
              streams.ended++;
              if (/event: bye\ndata: \{"reason":"restart"\}/.test(text)) streams.byes++;
              resolve();
            });
            answer.on('error', () => (streams.cut++, resolve()));
            if (over) asking.destroy();
          });
          asking.on('error', () => (streams.cut++, resolve()));
          stopStream = () => asking.destroy();
        });
      }
    })();
    // And in each round one that has sent half of its request when the program is replaced.
    let halves = 0;
    for (let round = 1; round <= rounds; round++) {
      const socket = net.connect(bot.port, '127.0.0.1');
      await new Promise((resolve) => socket.on('connect', resolve));
      socket.write('GET /livez HTTP/1.1\r\nHost: 127');
      let said = '';
      socket.on('data', (data) => (said += data));
      socket.on('error', (error) => (said += error.code));
      bot.kill('SIGUSR2');
      await until(`restart ${round}`, async () => (await bot.status()).restarts === round);
      await bot.state('runtime_ready');
      socket.write('.0.0.1\r\n\r\n');
      await until(() => `the other half is answered; it said ${JSON.stringify(said)}`, () => said.includes('ok\n'));
      assert.match(said, /^HTTP\/1\.1 200 OK/);
      halves++;
      socket.destroy();
    }
    over = true;
    stopStream();
    await Promise.all([looping, keeping]);
    await Promise.race([streaming, elapse(500)]);
    t.diagnostic(`${JSON.stringify(answers)} in a loop, ${kept} on ${sockets.size} connection, ${JSON.stringify(streams)} streams, ${halves} half requests`);
    assert.deepEqual(Object.keys(answers), ['200']);
    assert.ok(answers[200] > rounds);
    assert.equal(sockets.size, 1, 'the kept connection was the same all the time');
    assert.ok(kept > rounds);
    assert.ok(streams.byes >= rounds - 1, JSON.stringify(streams));
    assert.ok(streams.cut <= 1, 'only the last stream was cut, by us');
  });

  it('leaves the running program alone when the new one cannot even be run', async (t) => {
    const bot = await startBot(t, { wait: 'nothing' });
    await bot.ready();
    const file = ownCopy(t, bot);
    bot.kill('SIGTERM');
    await bot.exit();
    const mine = await startBot(t, { folder: bot.folder, program: file });
    const boot = (await mine.status()).boot;
    replace(file, 'this is no program\n');
    const answer = await execute(bot.program, ['restart', '--data', mine.data]);
    assert.equal(answer.code, 1);
    assert.match(answer.stderr, /cannot be run|would not start/);
    assert.match(answer.stderr, /has not been touched/);
    assert.equal((await mine.status()).boot, boot);
    assert.equal(await once(mine.port), 200);
  });

  it('leaves it alone when the configuration has become wrong, and says where', async (t) => {
    const bot = await startBot(t, { config: '[commands]\nprefix = "!"\n' });
    bot.configure('[commands]\nprefx = "!"\n');
    const answer = await bot.cli('restart');
    assert.equal(answer.code, 1);
    assert.match(answer.stderr, /orrery\.toml:2: commands\.prefx/);
    assert.equal((await bot.status()).restarts, 0);
  });

  it('goes back to the program before when the new one passes its check and fails to start', async (t) => {
    const first = await startBot(t);
    const file = ownCopy(t, first);
    await first.stop();
    const bot = await startBot(t, { folder: first.folder, program: file });
    replace(file, `#!/bin/sh\n[ "$1" = check ] && exit 0\nORRERY_HTTP__READ_TIMEOUT=never exec ${first.program} "$@"\n`);
    const answer = await execute(first.program, ['restart', '--data', bot.data]);
    assert.equal(answer.code, 1);
    assert.match(answer.stderr, /could not start/);
    assert.match(answer.stderr, /http\.read_timeout/);
    assert.match(answer.stderr, /the one before runs again/);
    await bot.state('runtime_ready');
    assert.match((await bot.status()).fell_back, /read_timeout/);
    assert.equal(await once(bot.port), 200);
    assert.equal(bot.ended, null);
  });

  it('takes a port that was changed meanwhile, and keeps the control socket', async (t) => {
    const bot = await startBot(t, { http: null, config: '[http]\nport = 0\n' });
    const free = await new Promise((resolve) => {
      const server = net.createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        server.close(() => resolve(port));
      });
    });
    bot.configure(`[http]\nport = ${free}\n`);
    assert.equal((await bot.cli('restart')).code, 0);
    assert.equal(await once(free), 200);
    assert.equal(await once(bot.port), 'ECONNREFUSED');
  });

  it('gives way to a stop that arrives meanwhile', async (t) => {
    const bot = await startBot(t, { drill: true });
    const talk = await bot.talk();
    talk.say('!sleep 800');
    await elapse(50);
    bot.kill('SIGUSR2');
    await bot.state('draining');
    bot.kill('SIGTERM');
    assert.equal((await bot.exit()).code, 0);
    assert.ok(bot.gone());
  });

  it('tells the service manager that it reloads, and never that it stops', async (t) => {
    const heard = await manager(t);
    const bot = await startBot(t, { env: { NOTIFY_SOCKET: heard.address } });
    assert.equal((await bot.cli('restart')).code, 0);
    await until('RELOADING=1, then READY=1', () => /RELOADING=1\nMONOTONIC_USEC=\d+[^]*READY=1/.test(heard.text));
    assert.ok(!heard.text.includes('STOPPING=1'));
    await bot.stop();
    await until('STOPPING=1', () => heard.lines().includes('STOPPING=1'));
  });
});

let stopStream = () => {};

describe('Socket activation', () => {
  it('takes the socket it is given, over the port of the configuration', async (t) => {
    const server = net.createServer();
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address();
    const bot = await startBot(t, { activation: [server._handle.fd], wait: 'listening' });
    server.close();
    assert.equal(bot.port, port);
    await bot.ready();
    assert.equal(await once(port), 200);
    assert.equal((await bot.cli('restart')).code, 0);
    assert.equal(await once(port), 200);
  });
});

describe('The systemd unit', () => {
  it('is installed with the program, and what it starts tells its notify socket', async (t) => {
    const prefix = temporaryFolder(t);
    const build = process.env.ORRERY_BUILD ?? path.resolve('build');
    const installed = await execute('cmake', ['--install', build, '--prefix', prefix, '--component', 'program'], { asUser: false });
    assert.equal(installed.code, 0, installed.stderr);
    const unit = fs.readFileSync(path.join(prefix, 'lib/systemd/system/orrery.service'), 'utf8');
    assert.ok(fs.existsSync(path.join(prefix, 'lib/systemd/system/orrery.socket')));
    const [, started] = /^ExecStart=(\S+) run$/m.exec(unit);
    assert.match(started, /\/bin\/orrery$/);
    for (const line of ['Type=notify', 'NoNewPrivileges=yes', 'ProtectSystem=strict', 'DynamicUser=yes', 'CapabilityBoundingSet=', 'WatchdogSec=20s']) assert.ok(unit.includes(`\n${line}\n`), line);

    const heard = await manager(t);
    const bot = await startBot(t, { program: path.join(prefix, 'bin/orrery'), env: { NOTIFY_SOCKET: heard.address, WATCHDOG_USEC: '400000' } });
    await until('READY=1', () => heard.lines().includes('READY=1'));
    await until('a heart-beat', () => heard.lines().includes('WATCHDOG=1'));
    await bot.stop();
    await until('STOPPING=1', () => heard.lines().includes('STOPPING=1'));
  });

  it('is one that systemd understands and calls safe', async (t) => {
    const analyze = await execute('sh', ['-c', 'command -v systemd-analyze'], { asUser: false });
    if (analyze.code !== 0) return t.skip('systemd-analyze is not on this machine');
    const build = process.env.ORRERY_BUILD ?? path.resolve('build');
    const folder = temporaryFolder(t);
    // Verified as if it were installed here: the program it starts must exist.
    const unit = fs.readFileSync(path.join(build, 'orrery.service'), 'utf8').replace(/^ExecStart=\S+/m, `ExecStart=${path.join(build, 'orrery')}`);
    fs.writeFileSync(path.join(folder, 'orrery.service'), unit);
    const verified = await execute('systemd-analyze', ['verify', '--man=no', path.join(folder, 'orrery.service')], { asUser: false });
    assert.ok(!/orrery\.service/.test(verified.stderr), verified.stderr);
    const security = await execute('systemd-analyze', ['security', '--offline=true', '--threshold=25', path.join(folder, 'orrery.service')], { asUser: false });
    assert.equal(security.code, 0, security.stdout.slice(-400) + security.stderr);
  });
});

describe('What a restart in place leaves behind', () => {
  it('is nothing: descriptors, threads and children stay as they were', async (t) => {
    const bot = await startBot(t);
    assert.equal((await bot.cli('restart')).code, 0);
    const open = () => fs.readdirSync(`/proc/${bot.pid}/fd`).length;
    const [fds, threads] = [open(), bot.threads()];
    for (let i = 0; i < 10; i++) assert.equal((await bot.cli('restart')).code, 0);
    assert.equal(open(), fds);
    assert.equal(bot.threads(), threads);
    assert.equal(fs.readFileSync(`/proc/${bot.pid}/task/${bot.pid}/children`, 'utf8').trim(), '');
  });

  it('works where a process may have few descriptors', async (t) => {
    const bot = await startBot(t, { descriptors: 60 });
    assert.equal((await bot.cli('restart')).code, 0);
    assert.equal(await once(bot.port), 200);
  });
});

describe('A restart in place with another address', () => {
  it('takes the new address on the same port', async (t) => {
    const bot = await startBot(t, { http: null, config: '[http]\nport = 0\n' });
    const { port } = bot;
    bot.configure(`[http]\nhost = "0.0.0.0"\nport = ${port}\n`);
    const answer = await bot.cli('restart');
    assert.equal(answer.code, 0, answer.stderr);
    assert.equal(await once(port), 200);
  });

  it('can be asked for again after the program before has come back', async (t) => {
    const first = await startBot(t);
    const file = ownCopy(t, first);
    await first.stop();
    const port = first.port;
    const bot = await startBot(t, { folder: first.folder, program: file, http: `127.0.0.1:${port}` });
    const good = fs.readFileSync(file);
    replace(file, `#!/bin/sh\n[ "$1" = check ] && exit 0\nORRERY_HTTP__READ_TIMEOUT=never exec ${first.program} "$@"\n`);
    assert.equal((await execute(first.program, ['restart', '--data', bot.data])).code, 1);
    replace(file, good);
    const again = await execute(first.program, ['restart', '--data', bot.data]);
    assert.equal(again.code, 0, again.stderr);
    assert.equal((await bot.status()).fell_back, null);
  });

  it('goes back when the new program does not know its command line any more', async (t) => {
    const first = await startBot(t);
    const file = ownCopy(t, first);
    await first.stop();
    const bot = await startBot(t, { folder: first.folder, program: file });
    replace(file, `#!/bin/sh\n[ "$1" = check ] && exit 0\nexec ${first.program} "$@" --forgotten\n`);
    const answer = await execute(first.program, ['restart', '--data', bot.data]);
    assert.equal(answer.code, 1);
    assert.match(answer.stderr, /command line/);
    await bot.state('runtime_ready');
  });

  it('goes back when the core of the new program fails after its check', async (t) => {
    const first = await startBot(t);
    const file = ownCopy(t, first);
    await first.stop();
    const bot = await startBot(t, { folder: first.folder, program: file });
    // Its data folder is a file, so its core cannot start; the program before has the right one.
    const wrong = path.join(bot.folder, 'a-file');
    write(wrong, 'x');
    replace(file, `#!/bin/sh\n[ "$1" = check ] && exit 0\nexec ${first.program} run --http 127.0.0.1:0 --data ${wrong}\n`);
    const answer = await execute(first.program, ['restart', '--data', bot.data]);
    assert.equal(answer.code, 1);
    assert.match(answer.stderr, /the one before runs again/);
    await bot.state('runtime_ready');
    assert.match((await bot.status()).fell_back, /data-folder/);
    assert.equal(await once(bot.port), 200);
  });

  it('keeps every socket of a service manager, wherever it listens', async (t) => {
    const servers = await Promise.all([0, 0].map(async () => {
      const server = net.createServer();
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }));
    const ports = servers.map((server) => server.address().port);
    const bot = await startBot(t, { http: null, activation: servers.map((server) => server._handle.fd), wait: 'listening' });
    for (const server of servers) server.close();
    await bot.ready();
    for (let i = 0; i < 2; i++) assert.equal((await bot.cli('restart')).code, 0);
    for (const port of ports) assert.equal(await once(port), 200);
  });

  it('ends, and does not hang, when a stop comes while the new program is checked', async (t) => {
    const first = await startBot(t);
    const file = ownCopy(t, first);
    await first.stop();
    const bot = await startBot(t, { folder: first.folder, program: file });
    replace(file, '#!/bin/sh\nexec sleep 60\n');
    bot.kill('SIGUSR2');
    await elapse(100);
    bot.kill('SIGTERM');
    const { code, ms } = await bot.exit();
    assert.equal(code, 0);
    assert.ok(ms < 3000, `${ms} ms`);
  });

  it('is called off by orrery stop', async (t) => {
    const bot = await startBot(t, { drill: true });
    const talk = await bot.talk();
    talk.say('!sleep 800');
    await elapse(50);
    bot.kill('SIGUSR2');
    await bot.state('draining');
    assert.equal((await bot.cli('stop')).code, 0);
    assert.equal((await bot.exit()).code, 0);
  });
});
