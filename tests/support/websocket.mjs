// A WebSocket client that may break the rules on purpose: every frame is made by hand.
import { createHash, randomBytes } from 'node:crypto';
import net from 'node:net';

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

// One frame as bytes. `length` may lie about the size of the payload.
export function frame(opcode, payload = '', { mask = true, fin = true, rsv = 0, length } = {}) {
  const body = Buffer.from(payload);
  const said = length ?? body.length;
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  const bit = mask ? 0x80 : 0;
  if (said < 126) head.push(bit | said);
  else if (said < 65536) head.push(bit | 126, said >> 8, said & 255);
  else {
    const size = Buffer.alloc(8);
    size.writeBigUInt64BE(BigInt(said));
    head.push(bit | 127, ...size);
  }
  if (!mask) return Buffer.concat([Buffer.from(head), body]);
  const key = randomBytes(4);
  return Buffer.concat([Buffer.from(head), key, body.map((byte, i) => byte ^ key[i % 4])]);
}

export class RawWebSocket {
  frames = [];
  status = 0;
  closeCode = null;
  polite = true; // answers the close of the other side
  ended = false;
  #buffer = Buffer.alloc(0);
  #wake = [];

  // `place` is {port} or {path} as net.connect takes it. Resolves when the answer's head is there.
  static open(place, target, headers = {}, within = 5000) {
    return new Promise((resolve, reject) => {
      const socket = new RawWebSocket();
      const timer = setTimeout(() => reject(new Error(`no answer to the upgrade in ${within} ms`)), within);
      const key = randomBytes(16).toString('base64');
      const all = { Host: 'localhost', Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Version': 13, 'Sec-WebSocket-Key': key, ...headers };
      const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.tcp = net.connect({ host: '127.0.0.1', ...place }, () => socket.tcp.write(`GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`));
      socket.tcp.on('error', (error) => reject(error));
      socket.tcp.on('close', () => socket.#end());
      socket.tcp.on('data', (data) => {
        socket.#take(data);
        if (socket.status === 0) return;
        clearTimeout(timer);
        const proof = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        if (socket.status === 101 && !socket.head.includes(proof)) reject(new Error('the upgrade was answered with a wrong proof'));
        resolve(socket);
      });
    });
  }

  send(bytes) {
    if (!this.ended) this.tcp.write(bytes);
  }
  sendText(text) {
    this.send(frame(opcodes.text, text));
  }

  // The next frame that is not a ping; null when the connection has ended.
  async next(within = 5000) {
    const until = Date.now() + within;
    while (this.frames.length === 0 && !this.ended) {
      if (Date.now() >= until) throw new Error(`no frame came in ${within} ms`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, until - Date.now());
        this.#wake.push(() => (clearTimeout(timer), resolve()));
      });
    }
    return this.frames.shift() ?? null;
  }
  async nextJson(within) {
    const got = await this.next(within);
    if (got === null || got.opcode !== opcodes.text) throw new Error(`expected a text, the socket ended with ${this.closeCode}`);
    return JSON.parse(got.payload.toString());
  }
  // The close code, once the server has closed; null if it just hung up.
  async closed(within = 5000) {
    while ((await this.next(within)) !== null) if (this.closeCode !== null) break;
    this.destroy();
    return this.closeCode;
  }
  destroy() {
    this.tcp.destroy();
  }

  #end() {
    this.ended = true;
    for (const wake of this.#wake.splice(0)) wake();
  }

  #take(data) {
    this.#buffer = Buffer.concat([this.#buffer, data]);
    if (this.status === 0) {
      const end = this.#buffer.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.head = this.#buffer.subarray(0, end).toString();
      this.status = Number(this.head.split(' ')[1]);
      this.#buffer = this.#buffer.subarray(end + 4);
    }
    while (this.status === 101 && this.#frame());
    for (const wake of this.#wake.splice(0)) wake();
  }

  #frame() {
    const b = this.#buffer;
    if (b.length < 2) return false;
    let size = b[1] & 127;
    let at = 2;
    if (size === 126) [size, at] = [b.length < 4 ? Infinity : b.readUInt16BE(2), 4];
    else if (size === 127) [size, at] = [b.length < 10 ? Infinity : Number(b.readBigUInt64BE(2)), 10];
    if (b.length < at + size) return false;
    const got = { opcode: b[0] & 15, payload: b.subarray(at, at + size) };
    this.#buffer = b.subarray(at + size);
    if (got.opcode === opcodes.ping) this.send(frame(opcodes.pong, got.payload));
    else this.frames.push(got);
    if (got.opcode === opcodes.close) {
      this.closeCode = size >= 2 ? got.payload.readUInt16BE(0) : 1005;
      if (this.polite) this.send(frame(opcodes.close, got.payload));
    }
    return true;
  }
}
