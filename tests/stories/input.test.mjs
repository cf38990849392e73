// Bad input over the network gets a clear refusal, changes nothing, and takes nobody down.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import { describe, it } from 'node:test';
import { startBot, until } from '../support/bot.mjs';
import { frame, opcodes } from '../support/websocket.mjs';

// Writes bytes as they are and reads until the connection ends.
function raw(port, bytes, within = 8000) {
  return new Promise((resolve, reject) => {
    let said = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
    const timer = setTimeout(() => (socket.destroy(), resolve(said)), within);
    socket.on('data', (data) => (said += data));
    socket.on('error', (error) => (error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(said) : reject(error)));
    socket.on('close', () => (clearTimeout(timer), resolve(said)));
  });
}
const statusOf = (answer) => Number(answer.split(' ')[1]);
const well = async (bot) => {
  assert.equal(bot.ended, null);
  assert.equal((await bot.cli('chat', '!ping')).stdout, 'pong\n');
};

describe('An HTTP request', { concurrency: 3 }, () => {
  it('of 10 MB is refused with 413', async (t) => {
    const bot = await startBot(t);
    const body = Buffer.alloc(10 * 1024 * 1024, 'x');
    const announced = await raw(bot.port, Buffer.concat([Buffer.from(`POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n`), body]));
    assert.equal(statusOf(announced), 413, announced);
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65536, 'x'), Buffer.from('\r\n')]);
    const chunked = await raw(bot.port, Buffer.concat([Buffer.from('POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n'), ...Array(40).fill(chunk)]));
    assert.equal(statusOf(chunked), 413, chunked);
    await well(bot);
  });

  it('with 100 KB of headers is refused with 431', async (t) => {
    const bot = await startBot(t);
    const one = await raw(bot.port, `GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'y'.repeat(100_000)}\r\n\r\n`);
    assert.equal(statusOf(one), 431, one.slice(0, 300));
    const many = await raw(bot.port, `GET /livez HTTP/1.1\r\nHost: localhost\r\n${'X-Many: zzzzzzzzzz\r\n'.repeat(5000)}\r\n`);
    assert.equal(statusOf(many), 431, many.slice(0, 300));
    const line = await raw(bot.port, `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    assert.ok([400, 414, 431].includes(statusOf(line)), line.slice(0, 300));
    await well(bot);
  });

  it('that is no HTTP is refused with 400', async (t) => {
    const bot = await startBot(t);
    for (const text of ['nonsense\r\n\r\n', 'GET\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 'GET /livez HTTP/9.9\r\n\r\n', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n',
      'POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n']) {
      const answer = await raw(bot.port, text);
      assert.equal(statusOf(answer), 400, `${JSON.stringify(text)}: ${answer}`);
    }
    await well(bot);
  });

  it('that leaves its place is refused, however it is written, and never answered with a file', async (t) => {
    const bot = await startBot(t);
    const up = ['../../../../etc/passwd', '..%2f..%2f..%2fetc%2fpasswd', '%2e%2e/%2e%2e/etc/passwd', '..%5c..%5cetc%5cpasswd', '..\\..\\etc\\passwd', '%252e%252e%252fetc%252fpasswd',
      '..%c0%af..%c0%afetc/passwd', '....//....//etc/passwd', './../etc/passwd', '..;/..;/etc/passwd', '%00/etc/passwd', '../orrery.toml', '../data/accounts.json', '%2e%2e%2faccounts.json'];
    for (const place of ['/', '/static/', '/assets/', '/api/', '/api/plug/x/', '//']) {
      for (const path of up) {
        const answer = await raw(bot.port, `GET ${place}${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
        assert.ok([400, 404].includes(statusOf(answer)), `${place}${path}: ${answer}`);
        assert.doesNotMatch(answer, /root:|"users"|\[database\]/);
      }
    }
    assert.ok([400, 404, 421].includes(statusOf(await raw(bot.port, 'GET http://127.0.0.1/../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'))));
    await well(bot);
  });

  it('for another host is refused with 421, also when there is none', async (t) => {
    const bot = await startBot(t, { config: '[http]\nallowed_hosts = ["bot.example"]\n' });
    for (const [host, status] of [['evil.example', 421], ['localhost.evil.example', 421], ['bot.example', 200], ['bot.example:6185', 200], ['127.0.0.1', 200], ['[::1]:1', 200], ['localhost', 200]]) {
      assert.equal((await bot.http('GET', '/livez', { headers: { Host: host } })).status, status, host);
    }
    assert.ok([400, 421].includes(statusOf(await raw(bot.port, 'GET /livez HTTP/1.0\r\n\r\n'))));
    const socket = await bot.webSocket({ Host: 'evil.example' });
    assert.equal(socket.status, 421);
    socket.destroy();
  });

  it('that writes and comes from another site is refused with 403, as is its web socket', async (t) => {
    const bot = await startBot(t);
    const ada = await bot.browser();
    for (const origin of ['https://evil.example', 'null', `http://127.0.0.1:${bot.port}.evil.example`, 'http://localhost:1']) {
      const foreign = { ...ada, Origin: origin };
      assert.equal((await bot.http('POST', '/api/runtime/shutdown', { headers: foreign })).status, 403, origin);
      assert.equal((await bot.http('POST', '/api/auth/login', { headers: { Origin: origin }, body: { username: 'ada', password: 'correct horse' } })).status, 403, origin);
      const socket = await bot.webSocket(foreign);
      assert.equal(socket.status, 403, origin);
      socket.destroy();
    }
    const own = await bot.webSocket({ ...ada, Host: `127.0.0.1:${bot.port}`, Origin: `http://127.0.0.1:${bot.port}` });
    assert.equal(own.status, 101);
    own.destroy();
    await well(bot);
  });

  it('without a session is refused with 401 wherever something may be read or done', async (t) => {
    const bot = await startBot(t);
    const routes = [['GET', '/api/stat/runtime-status'], ['GET', '/api/runtime/graph'], ['GET', '/api/runtime/timeline'], ['POST', '/api/runtime/retry'], ['POST', '/api/runtime/restart'],
      ['POST', '/api/runtime/shutdown'], ['GET', '/api/users'], ['POST', '/api/users'], ['POST', '/api/users/password'], ['POST', '/api/users/setup-link'], ['GET', '/api/log/level'],
      ['PUT', '/api/log/level'], ['GET', '/api/auth/session'], ['POST', '/api/auth/logout']];
    for (const [method, target] of routes) {
      for (const headers of [{}, { Cookie: 'orrery_session=forged' }, { Cookie: `orrery_session=${'A'.repeat(43)}`, 'X-Orrery-Csrf': 'x' }, { Authorization: 'Bearer forged' }]) {
        const answer = await bot.http(method, target, { headers });
        assert.equal(answer.status, 401, `${method} ${target} ${JSON.stringify(headers)}: ${answer.text}`);
        assert.equal(answer.json.status, 'error');
      }
    }
    const socket = await bot.webSocket({ Cookie: 'orrery_session=forged' });
    assert.equal(socket.status, 401);
    socket.destroy();
    await well(bot);
  });

  it('for what is not there, or not possible, is told so', async (t) => {
    const bot = await startBot(t);
    assert.equal((await bot.http('GET', '/nothing/here')).status, 404);
    assert.equal((await bot.http('DELETE', '/livez')).status, 405);
    assert.equal((await bot.http('GET', '/api/chat/ws')).status, 426);
    assert.equal((await bot.http('HEAD', '/livez')).status, 200);
    for (const body of ['', 'x', '[]', '{}', '{"username":1,"password":2}', `{"a":${'['.repeat(5000)}`]) assert.equal((await bot.http('POST', '/api/auth/login', { body })).status, 422, body.slice(0, 30));
    assert.equal((await bot.control('POST', '/api/runtime/restart', { component: 'nobody' })).status, 404);
    assert.equal((await bot.control('POST', '/api/runtime/restart', 'not json')).status, 422);
    assert.equal((await bot.control('PUT', '/api/log/level', { level: 'loud' })).status, 422);
    await well(bot);
  });
});

it('1,200 clients that never finish their request shut nobody out', async (t) => {
  const bot = await startBot(t);
  const resident = bot.residentBytes();
  const sockets = [];
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  await Promise.all(Array.from({ length: 1200 }, (_, n) => new Promise((resolve, reject) => {
    const socket = net.connect(bot.port, '127.0.0.1', () => socket.write(n % 2 === 0 ? 'GET /livez HTTP/1.1\r\nHost: loc' : 'G', resolve));
    socket.on('error', (error) => (error.code === 'ECONNRESET' ? resolve() : reject(error)));
    sockets.push(socket);
  })));
  for (const probe of ['/livez', '/readyz', '/startupz']) assert.equal(await bot.probe(probe), 200, probe);
  await well(bot);
  assert.ok(bot.residentBytes() - resident < 32 * 1024 * 1024);
  sockets.forEach((socket) => socket.destroy());
  await until('the descriptors are given back', () => bot.fds() < 40);
  assert.equal((await bot.stop()).code, 0);
});

describe('A web socket', { concurrency: 3 }, () => {
  it('that breaks the protocol is closed, and takes nothing down', async (t) => {
    const bot = await startBot(t);
    const ada = await bot.browser();
    const bad = {
      'an unmasked frame': [frame(opcodes.text, '{}', { mask: false }), 1002],
      'a reserved opcode': [frame(3, 'x'), 1002],
      'a reserved bit': [frame(opcodes.text, 'x', { rsv: 4 }), 1002],
      'a control frame in fragments': [frame(opcodes.ping, 'x', { fin: false }), 1002],
      'a continuation of nothing': [frame(opcodes.continuation, 'x'), 1002],
      'a control frame that is too long': [frame(opcodes.ping, 'x'.repeat(126)), 1002],
      'a binary message': [frame(opcodes.binary, Buffer.from([1, 2, 3])), 1003],
      'bytes that are not UTF-8': [frame(opcodes.text, Buffer.from([0xff, 0xfe, 0xc0])), 1007],
      'a message that is too long': [frame(opcodes.text, 'x'.repeat(300_000)), 1009],
      'a length of 2^62': [frame(opcodes.text, 'x', { length: 2 ** 62 }), 1009],
      'a close with one byte': [frame(opcodes.close, 'x'), 1002],
    };
    for (const [what, [bytes, code]] of Object.entries(bad)) {
      const socket = await bot.webSocket(ada);
      assert.equal(socket.status, 101, what);
      socket.send(bytes);
      const closed = await socket.closed();
      assert.ok(closed === code || closed === null, `${what} was answered ${closed}, expected ${code} or a closed connection`);
    }
    await well(bot);
    assert.ok(!bot.events.some((e) => e.level === 'error'), bot.stderr);
  });

  it('that says what is no message is told so, and goes on', async (t) => {
    const bot = await startBot(t);
    const socket = await bot.webSocket(await bot.browser());
    const wrong = ['', 'hello', '[]', 'null', '{}', '{"type":"message"}', '{"type":"message","id":1,"text":"x"}', '{"type":"shout","id":"1","text":"x"}', '{"type":"message","id":"","text":"x"}',
      JSON.stringify({ type: 'message', id: 'i'.repeat(129), text: 'x' }), JSON.stringify({ type: 'message', id: '1', text: 'x'.repeat(4001) }), '['.repeat(2000), '{"type":"message","id":"1","text":"\\ud800"}'];
    for (const text of wrong) {
      socket.sendText(text);
      const heard = await socket.nextJson();
      assert.equal(heard.type, 'error', text.slice(0, 60));
      assert.ok(heard.message.length > 5);
    }
    socket.sendText(JSON.stringify({ type: 'message', id: 'x', text: '!ping' }));
    assert.deepEqual(await socket.nextJson(), { type: 'reply', to: 'x', text: 'pong' });
    socket.destroy();
  });

  it('that asks more than it may wait for is told to wait', async (t) => {
    const bot = await startBot(t, { drill: true });
    const talk = await bot.talk();
    for (let n = 0; n < 40; ++n) talk.say('!sleep 300');
    const heard = [];
    while (heard.filter((h) => h.type === 'handled').length < 32) heard.push(await talk.socket.nextJson());
    assert.equal(heard.filter((h) => h.type === 'error').length, 8);
    assert.match(heard.find((h) => h.type === 'error').message, /wait/);
    assert.deepEqual((await talk.ask('!ping')).replies, ['pong']);
  });
});

it('1,000 wrong passwords are refused with 401, then 429; the bot is well and small', async (t) => {
  const bot = await startBot(t);
  const ada = await bot.browser();
  const counts = {};
  const guess = async (n) => {
    const answer = await bot.http('POST', '/api/auth/login', { body: { username: n % 3 === 0 ? 'ada' : `user${n}`, password: `guess ${n}` } });
    counts[answer.status] = (counts[answer.status] ?? 0) + 1;
    if (answer.status === 401) assert.doesNotMatch(answer.text, /no such user|unknown user/i, 'an answer does not tell whether the user exists');
    if (answer.status === 429) assert.ok(Number(answer.headers['retry-after']) >= 1, `429 comes with Retry-After, not: ${answer.text}`);
  };
  for (let n = 0; n < 1000; n += 20) await Promise.all(Array.from({ length: 20 }, (_, i) => guess(n + i)));
  assert.deepEqual(Object.keys(counts).sort(), ['401', '429'], JSON.stringify(counts));
  assert.ok(counts[401] >= 5 && counts[401] <= 40, JSON.stringify(counts));
  assert.equal((await bot.http('GET', '/api/auth/session', { headers: ada })).status, 200, 'who is signed in stays so');
  await well(bot);
  const megabytes = bot.residentBytes() / 1024 / 1024;
  t.diagnostic(`${JSON.stringify(counts)}, ${megabytes.toFixed(1)} MB resident`);
  if (!fs.readFileSync(bot.program).includes('__asan_init')) assert.ok(megabytes < 60, `${megabytes} MB resident`);
  assert.equal((await bot.stop()).code, 0);
});
