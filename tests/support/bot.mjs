// A small language for stories about the whole program: start a bot, talk to it, stop it, look at it.
//
// Each bot has a folder of its own in the temporary folder, listens on a free port of the loopback
// interface, and is waited for by what it says and shows, never by the clock alone. Run as root, the
// programs are started as an ordinary user, so that permissions bite.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { RawWebSocket } from './websocket.mjs';

export const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const asRoot = process.getuid() === 0;
const user = asRoot ? { uid: 65534, gid: 65534 } : {};
const build = process.env.ORRERY_BUILD ?? path.join(repository, 'build');

// ---- what is left to clean up, whatever happens

const alive = new Set();
const folders = new Set();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true });
});

// Undone in reverse order when the test ends; one that fails does not keep the others from it.
const undo = new WeakMap();
export function cleanUp(t, step) {
  if (!undo.has(t)) {
    undo.set(t, []);
    t.after(async () => {
      for (const last of undo.get(t).reverse()) await Promise.resolve().then(last).catch((error) => t.diagnostic(`cleaning up: ${error.message}`));
    });
  }
  undo.get(t).push(step);
}

export function own(file) {
  if (asRoot) fs.chownSync(file, user.uid, user.gid);
  return file;
}
// Bots keep their data in memory where that is possible: a budget of 300 ms must not be spent on a disk
// that others write to.
function memoryFolder() {
  try {
    const { bavail, bsize } = fs.statfsSync('/dev/shm');
    fs.accessSync('/dev/shm', fs.constants.W_OK);
    if (bavail * bsize > 2 ** 30) return '/dev/shm';
  } catch {}
  return os.tmpdir();
}
export function temporaryFolder(t, above = os.tmpdir()) {
  const folder = own(fs.mkdtempSync(path.join(above, 'orrery-story-')));
  fs.chmodSync(folder, 0o755); // what is closed to others is closed by the bot, not by us
  folders.add(folder);
  if (t) {
    cleanUp(t, () => {
      fs.rmSync(folder, { recursive: true, force: true });
      folders.delete(folder);
    });
  }
  return folder;
}
export function write(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return own(file);
}

// Programs are run from a copy: the build may go on, and may lie where the ordinary user cannot look.
let copies;
export function program(name) {
  copies ??= temporaryFolder();
  const copy = path.join(copies, name);
  if (!fs.existsSync(copy)) {
    fs.copyFileSync(path.join(build, name), `${copy}.new`);
    fs.chmodSync(`${copy}.new`, 0o755);
    fs.renameSync(`${copy}.new`, copy);
  }
  return copy;
}

// ---- waiting

// Asks until the answer is truthy, or says what never came true. `what` may be a function, asked last.
export async function until(what, probe, { within = 8000, every = 5 } = {}) {
  const end = Date.now() + within;
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    if (Date.now() >= end) throw new Error(`waited ${within} ms in vain until ${typeof what === 'function' ? what() : what}`);
    await elapse(every);
  }
}
// For what the contract measures in time (the debounce of signals), not for hoping.
export const elapse = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// A limit for a race; it keeps nobody waiting once the race is won.
const patience = (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref());

// ---- processes

// Runs a program to its end, which must come within `within`.
export function execute(file, args, { env = {}, cwd, input = '', within = 20000, asUser = true } = {}) {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const child = spawn(file, args, { cwd, env: { PATH: '/usr/local/bin:/usr/bin:/bin', ...env }, ...(asUser ? user : {}) });
    alive.add(child);
    const out = { stdout: '', stderr: '' };
    child.stdout.on('data', (data) => (out.stdout += data));
    child.stderr.on('data', (data) => (out.stderr += data));
    child.on('error', reject);
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`'${path.basename(file)} ${args.join(' ')}' did not end in ${within} ms; it said: ${out.stdout}${out.stderr}`));
    }, within);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      alive.delete(child);
      resolve({ code, signal, ...out, ms: performance.now() - begun });
    });
  });
}
export const sqlite = (file, sql) => execute('sqlite3', [file, sql]);

export function request(place, method, target, { headers = {}, body, within = 15000 } = {}) {
  return new Promise((resolve, reject) => {
    const text = body !== undefined && typeof body !== 'string' && !Buffer.isBuffer(body) ? JSON.stringify(body) : body;
    const all = { Host: 'localhost', ...(text === undefined ? {} : { 'Content-Length': Buffer.byteLength(text) }), ...headers };
    const asking = http.request({ host: '127.0.0.1', ...place, method, path: target, headers: all, agent: false, timeout: within }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const said = Buffer.concat(chunks).toString();
        let json;
        try {
          json = JSON.parse(said);
        } catch {}
        resolve({ status: answer.statusCode, headers: answer.headers, text: said, json });
      });
    });
    asking.on('timeout', () => asking.destroy(new Error(`${method} ${target} was not answered in ${within} ms`)));
    asking.on('error', reject);
    asking.end(text);
  });
}

export class Bot {
  events = [];
  stdout = '';
  stderr = '';
  ended = null; // {code, signal, at} when the process has ended
  #line = '';

  // `program`: a file instead of a copy of the built one; `activation`: descriptors of sockets that
  // listen, handed over as a service manager does; `descriptors`: as many as the process may have.
  constructor({ drill = false, config, env = {}, args = [], folder, data, http: place = '127.0.0.1:0', program: file, activation = [], descriptors }) {
    this.folder = folder;
    this.data = data ?? path.join(folder, 'data');
    this.program = file ?? program(drill ? 'orrery-drill' : 'orrery');
    this.env = { HOME: folder, TMPDIR: folder, ...env };
    this.configFile = path.join(folder, 'orrery.toml');
    if (config !== undefined) this.configure(config);
    const all = ['run', ...this.#places(), ...(place ? ['--http', place] : []), ...args];
    this.begun = performance.now();
    // The sockets' owner is told by process id, which only the process itself knows in time.
    const limited = descriptors ? ['/bin/sh', ['-c', `ulimit -n ${descriptors}; exec "$0" "$@"`, this.program, ...all]] : null;
    const [first, rest] = limited ?? (activation.length > 0 ? ['/bin/sh', ['-c', `LISTEN_PID=$$ LISTEN_FDS=${activation.length} exec "$0" "$@"`, this.program, ...all]] : [this.program, all]);
    this.child = spawn(first, rest, { cwd: folder, env: { PATH: '/usr/local/bin:/usr/bin:/bin', ...this.env }, stdio: ['ignore', 'pipe', 'pipe', ...activation], detached: true, ...user });
    alive.add(this.child);
    this.pid = this.child.pid;
    this.child.stdout.on('data', (data) => (this.stdout += data));
    this.child.stderr.on('data', (data) => this.#hear(String(data)));
    this.child.on('exit', (code, signal) => (this.ended = { code, signal, at: performance.now() }));
    this.over = new Promise((resolve) => this.child.on('close', () => (alive.delete(this.child), resolve())));
  }

  configure(text) {
    write(this.configFile, text);
  }
  #places() {
    return ['--data', this.data, ...(fs.existsSync(this.configFile) ? ['--config', this.configFile] : [])];
  }
  #hear(text) {
    this.stderr += text;
    const lines = (this.#line + text).split('\n');
    this.#line = lines.pop();
    for (const line of lines) {
      try {
        this.events.push(JSON.parse(line));
      } catch {}
    }
  }

  // ---- what it says

  find(fact, fields = {}, after = 0) {
    return this.events.slice(after).find((e) => e.fact === fact && Object.entries(fields).every(([key, value]) => e[key] === value));
  }
  // The first line of the log with that fact and these fields, now or soon.
  event(fact, fields = {}, { within = 8000, after = 0 } = {}) {
    const what = () => `the log says '${fact}' ${JSON.stringify(fields)}; it said:\n${this.stderr.slice(-3000)}`;
    return until(what, () => {
      const found = this.find(fact, fields, after);
      if (!found && this.ended) throw new Error(`it ended with ${JSON.stringify(this.ended)} before ${what()}`);
      return found;
    }, { within, every: 2 });
  }
  async listening(within) {
    this.port = (await this.event('listening', {}, { within })).port;
    return this;
  }
  async ready(within) {
    await this.listening(within);
    await this.event('ready', {}, { within });
    return this;
  }

  // ---- asking it

  get socket() {
    return path.join(this.data, 'run/orrery.sock');
  }
  // Over TCP, as a stranger; and over the control socket, as the owner.
  http(method, target, options) {
    return request({ port: this.port }, method, target, options);
  }
  control(method, target, body, options) {
    return request({ socketPath: this.socket }, method, target, { body, ...options });
  }
  async status() {
    return (await this.control('GET', '/api/stat/runtime-status')).json.data;
  }
  async component(name) {
    return (await this.status()).components.find((c) => c.name === name);
  }
  // Waits until the status has these fields.
  state(fields, options) {
    let last;
    const wanted = typeof fields === 'string' ? { phase_state: fields } : fields;
    return until(() => `the status has ${JSON.stringify(wanted)}; it is ${JSON.stringify(last)}`, async () => {
      last = await this.status();
      return Object.entries(wanted).every(([key, value]) => last[key] === value) && last;
    }, options);
  }
  async probe(name) {
    return (await this.http('GET', name)).status;
  }
  async probes() {
    return { live: await this.probe('/livez'), startup: await this.probe('/startupz'), ready: await this.probe('/readyz') };
  }
  cli(...args) {
    return this.cliWith({}, ...args);
  }
  cliWith({ input, env = {}, within }, ...args) {
    return execute(this.program, [...args.slice(0, 1), ...this.#places(), ...args.slice(1)], { cwd: this.folder, env: { ...this.env, ...env }, input, within });
  }
  // A conversation in the web chat, as the owner or, with `as`, an ordinary user.
  async talk({ as } = {}) {
    const socket = await RawWebSocket.open({ path: this.socket, host: undefined }, `/api/chat/ws${as ? `?as=${encodeURIComponent(as)}` : ''}`);
    return new Talk(socket);
  }
  // A signed-in browser: makes the account and signs in.
  async browser(name = 'ada', password = 'correct horse') {
    const added = await this.cliWith({ input: `${password}\n` }, 'user', 'add', name, '--password-stdin');
    if (added.code !== 0) throw new Error(`the user was not added: ${added.stderr}`);
    const answer = await this.http('POST', '/api/auth/login', { body: { username: name, password } });
    if (answer.status !== 200) throw new Error(`signing in was answered ${answer.status}: ${answer.text}`);
    return { Cookie: answer.headers['set-cookie'][0].split(';')[0], 'X-Orrery-Csrf': answer.json.data.csrf };
  }
  webSocket(headers = {}, target = '/api/chat/ws') {
    return RawWebSocket.open({ port: this.port }, target, headers);
  }

  // ---- looking at it

  fds() {
    return fs.readdirSync(`/proc/${this.pid}/fd`).length;
  }
  threads() {
    return fs.readdirSync(`/proc/${this.pid}/task`).length;
  }
  residentBytes() {
    return Number(/VmRSS:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${this.pid}/status`, 'utf8'))[1]) * 1024;
  }
  // All that ever left it, for eyes that must not find something.
  everythingSaid() {
    const log = path.join(this.data, 'logs/orrery.log');
    return this.stdout + this.stderr + (fs.existsSync(log) ? fs.readFileSync(log, 'utf8') : '');
  }

  // ---- its end

  kill(signal) {
    this.asked ??= performance.now();
    return this.child.kill(signal);
  }
  // How it ended, and how many milliseconds after it was first asked to.
  async exit({ within = 10000 } = {}) {
    const from = this.asked ?? performance.now();
    await until(() => `the bot ends; it said:\n${this.stderr.slice(-3000)}`, () => this.ended, { within, every: 2 });
    await Promise.race([this.over, patience(1000)]);
    return { code: this.ended.code, signal: this.ended.signal, ms: this.ended.at - from };
  }
  stop(signal = 'SIGTERM', options) {
    this.kill(signal);
    return this.exit(options);
  }
  // Nothing of it is left: no process of its group.
  gone() {
    try {
      process.kill(-this.pid, 0);
      return false;
    } catch {
      return true;
    }
  }
  async destroy() {
    if (!this.ended) this.child.kill('SIGKILL');
    await Promise.race([this.over, patience(3000)]);
  }
}

export class Talk {
  #said = 0;
  constructor(socket) {
    this.socket = socket;
  }
  say(text) {
    const id = String(++this.#said);
    this.socket.sendText(JSON.stringify({ type: 'message', id, text }));
    return id;
  }
  // Says it and hears the replies until it is handled.
  async ask(text, within = 5000) {
    const id = this.say(text);
    const replies = [];
    for (;;) {
      const heard = await this.socket.nextJson(within);
      if (heard.type === 'reply' && heard.to === id) replies.push(heard.text);
      if (heard.type === 'handled' && heard.id === id) return { replies, outcome: heard.outcome };
      if (heard.type === 'error') return { replies, outcome: 'error', message: heard.message };
    }
  }
  end() {
    this.socket.destroy();
  }
}

// Starts a bot and waits until it is `wait`: 'ready', 'listening' or 'nothing'. It is ended and
// forgotten with the test. `options.folder` starts it where another one was.
export async function startBot(t, { wait = 'ready', ...options } = {}) {
  const folder = options.folder ?? temporaryFolder(t, memoryFolder());
  const bot = new Bot({ ...options, folder });
  cleanUp(t, () => bot.destroy());
  if (wait === 'ready') await bot.ready();
  if (wait === 'listening') await bot.listening();
  return bot;
}
