// A real PostgreSQL for stories: on a free port of the loopback interface, as an ordinary user.
import fs from 'node:fs';
import path from 'node:path';
import { execute, repository, temporaryFolder, cleanUp } from './bot.mjs';

const tool = path.join(repository, 'tests/support/postgres');

export class Postgres {
  // `settings`: lines of its configuration, as "max_connections=8".
  static async start(t, ...settings) {
    const server = new Postgres();
    server.folder = temporaryFolder(t, fs.existsSync('/dev/shm') ? '/dev/shm' : undefined);
    server.settings = settings;
    cleanUp(t, () => server.stop('immediate').catch(() => {}));
    await server.start();
    return server;
  }
  async #run(...args) {
    const done = await execute(tool, args, { asUser: false, within: 60000 });
    if (done.code !== 0) throw new Error(`postgres ${args.join(' ')} failed: ${done.stderr}`);
    return done.stdout.trim();
  }
  async start() {
    this.port = await this.#run('start', this.folder, ...this.settings);
  }
  stop(mode = 'fast') {
    return this.#run('stop', this.folder, mode);
  }
  // Every process of it, as when a machine stands still.
  freeze() {
    return this.#run('freeze', this.folder);
  }
  thaw() {
    return this.#run('thaw', this.folder);
  }
  sql(statement, database = 'postgres') {
    return this.#run('sql', this.folder, database, statement);
  }
  async database(name) {
    await this.sql(`CREATE DATABASE ${name}`);
    return this.url(name);
  }
  url(name, password = 'orbit%20and%20orrery') {
    return `postgresql://orrery:${password}@127.0.0.1:${this.port}/${name}`;
  }
  config(name, password) {
    return `[database]\nurl = "${this.url(name, password)}"\nconnect_timeout = "2s"\n`;
  }
  // Ends every connection to a database, as an administrator may.
  cut(name) {
    return this.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND pid <> pg_backend_pid()`);
  }
}
