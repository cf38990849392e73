// How fast the web server is, beside the limit of this machine: a bare Beast server.
//
//   node bench/web.mjs BUILD [ROUNDS]
//
// Each round asks both one after the other, so that what the machine does meanwhile meets both.
// Load comes from wrk (32 kept connections, one thread); the medians of the rounds are shown.
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const [build, rounds = '5'] = process.argv.slice(2);
const seconds = 2;
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const percentile = (list, p) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * p))];

async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(port, target) {
  for (let i = 0; i < 400; i++) {
    const good = await new Promise((resolve) => http.get({ port, path: target, agent: false }, (answer) => resolve(answer.resume().statusCode === 200)).on('error', () => resolve(false)));
    if (good) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`nobody answers on port ${port}`);
}

// Requests a second, and the 99th percentile in milliseconds.
async function load(port, target, headers = []) {
  const arguments_ = ['-t1', '-c32', `-d${seconds}s`, '--latency', ...headers.flatMap((header) => ['-H', header]), `http://127.0.0.1:${port}${target}`];
  const { stdout } = await run('wrk', arguments_);
  if (/Non-2xx/.test(stdout)) throw new Error(`${target}: ${stdout}`);
  const [, value, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout);
  return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]), p99: Number(value) * { us: 0.001, ms: 1, s: 1000 }[unit] };
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orrery-bench-'));
const children = [];
function start(program, ...args) {
  const child = spawn(path.join(build, program), args, { stdio: 'ignore' });
  children.push(child);
  return child;
}
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  fs.rmSync(folder, { recursive: true, force: true });
});

const [bare, ours] = [await freePort(), await freePort()];
const data = path.join(folder, 'data');
start('orrery-bench-beast', String(bare));
const bot = start('orrery', 'run', '--data', data, '--http', `127.0.0.1:${ours}`);
await answers(bare, '/');
await answers(ours, '/readyz');

// A signed-in watcher, by an API key.
const local = (method, target, body) =>
  new Promise((resolve, reject) => {
    const asking = http.request({ socketPath: path.join(data, 'run/orrery.sock'), method, path: target }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => (text += chunk)).on('end', () => resolve(JSON.parse(text)));
    });
    asking.on('error', reject);
    asking.end(body && JSON.stringify(body));
  });
const { key } = (await local('POST', '/api/keys', { name: 'bench', scopes: ['read'] })).data;
const bearer = `Authorization: Bearer ${key}`;
const page = await new Promise((resolve) => http.get({ port: ours, path: '/' }, (answer) => { let text = ''; answer.on('data', (chunk) => (text += chunk)).on('end', () => resolve(text)); }));
const script = /src="(\/assets\/[^"]+)"/.exec(page)[1];

const cases = [
  ['bare Beast server', bare, '/', []],
  ['/livez', ours, '/livez', []],
  ['runtime-status, by an API key', ours, '/api/stat/runtime-status', [bearer]],
  ['/ (index.html, gzip)', ours, '/', ['Accept-Encoding: gzip']],
  ['the script (gzip)', ours, script, ['Accept-Encoding: gzip']],
];
const results = cases.map(() => ({ rate: [], p99: [] }));
for (let round = 0; round < Number(rounds); round++) {
  for (const [i, [, port, target, headers]] of cases.entries()) {
    const { rate, p99 } = await load(port, target, headers);
    results[i].rate.push(rate);
    results[i].p99.push(p99);
  }
}

// ---- a thousand event streams

const clients = 1000;
const sockets = [];
let told = 0;
let at = [];
let mark = '';
await Promise.all(
  Array.from({ length: clients }, () => new Promise((resolve, reject) => {
    const socket = net.connect(ours, '127.0.0.1', () => socket.write(`GET /api/runtime/events HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\n\r\n`));
    socket.on('error', reject);
    let open = false;
    socket.on('data', (chunk) => {
      if (!open && chunk.includes('event: status')) {
        open = true;
        resolve();
      }
      if (mark && !socket.seen && chunk.includes(mark)) {
        socket.seen = true;
        told++;
        at.push(performance.now());
      }
    });
    sockets.push(socket);
  })),
);
const rss = () => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${bot.pid}/status`, 'utf8'))[1]) / 1024;
const spread = [];
const streamRounds = Number(rounds) * 4;
for (let i = 0; i < streamRounds; i++) {
  for (const socket of sockets) socket.seen = false;
  [told, at, mark] = [0, [], `"name":"statistics","phase":"online","state":"started","critical":false,"entered_ms":`];
  const before = performance.now();
  // Something every watcher is told of: a component that starts anew.
  await local('POST', '/api/runtime/restart', { component: 'statistics' });
  while (told < clients) await new Promise((resolve) => setTimeout(resolve, 1));
  spread.push(...at.map((time) => time - before));
  mark = '';
  await new Promise((resolve) => setTimeout(resolve, 60));
}
const memory = rss();
for (const socket of sockets) socket.destroy();

const limit = median(results[0].rate);
console.log(`| ${rounds} rounds of ${seconds} s, medians | requests/s | p99 | of the bare server |`);
console.log('|---|---|---|---|');
cases.forEach(([name], i) => {
  const rate = median(results[i].rate);
  console.log(`| ${name} | ${Math.round(rate)} | ${median(results[i].p99).toFixed(2)} ms | ${(rate / limit).toFixed(2)} |`);
});
console.log(`| ${clients} event streams: from a change to the watcher | median ${median(spread).toFixed(1)} ms | ${percentile(spread, 0.99).toFixed(1)} ms | |`);
console.log(`| memory with ${clients} event streams | ${memory.toFixed(1)} MB | | |`);
process.exit(0);
