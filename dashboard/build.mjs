// Builds the dashboard: bundles, compresses, and writes what the program embeds.
//
//   node build.mjs --modules DIR --out DIR --version V
//
// Writes OUT/files/*, OUT/assets.S and OUT/web/embedded_assets.h.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

const source = path.dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({ options: { modules: { type: 'string' }, out: { type: 'string' }, version: { type: 'string' } } });
const { build } = createRequire(path.join(options.modules, 'here.js'))('esbuild');

const files = path.join(options.out, 'files');
fs.rmSync(files, { recursive: true, force: true });
fs.mkdirSync(path.join(options.out, 'web'), { recursive: true });

// ---- bundling

const bundled = await build({
  entryPoints: [path.join(source, 'src/main.tsx')],
  outdir: path.join(files, 'assets'),
  entryNames: 'app-[hash]',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  nodePaths: [options.modules],
  define: { VERSION: JSON.stringify(options.version) },
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning',
});
const output = (extension) => '/assets/' + path.basename(Object.keys(bundled.metafile.outputs).find((name) => name.endsWith(extension)));

const page = fs
  .readFileSync(path.join(source, 'index.html'), 'utf8')
  .replace('{{script}}', output('.js'))
  .replace('{{style}}', output('.css'));
fs.writeFileSync(path.join(files, 'index.html'), page);
for (const name of ['favicon.svg', 'app.webmanifest']) fs.copyFileSync(path.join(source, name), path.join(files, name));

// ---- licences of what is embedded

// The libraries that are linked into the program, by their Debian packages.
const linked = ['libboost1.81-dev', 'libsqlite3-dev', 'libtomlplusplus-dev', 'libcli11-dev', 'libspdlog-dev', 'libfmt-dev', 'libsodium-dev', 'prometheus-cpp-dev', 'liboath-dev', 'libminizip-dev', 'zlib1g-dev'];

function licences() {
  const parts = ['Orrery ' + options.version + ' is under the Apache License 2.0. It contains the following work of others.\n'];
  const used = new Set(
    Object.keys(bundled.metafile.inputs)
      .map((name) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1])
      .filter(Boolean),
  );
  for (const name of [...used].sort()) {
    const folder = path.join(options.modules, name);
    const about = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const file = fs.readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`${name} comes without a licence`);
    parts.push(`==== ${name} ${about.version} (${about.license})\n`, fs.readFileSync(path.join(folder, file), 'utf8'));
  }
  for (const name of linked) {
    const file = `/usr/share/doc/${name}/copyright`;
    parts.push(`==== ${name}\n`, fs.readFileSync(file, 'utf8'));
  }
  return parts.join('\n');
}
fs.writeFileSync(path.join(files, 'licences.txt'), licences());

// ---- embedding

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml', '.txt': 'text/plain; charset=utf-8', '.webmanifest': 'application/manifest+json' };

const all = fs
  .readdirSync(files, { recursive: true })
  .map(String)
  .filter((name) => fs.statSync(path.join(files, name)).isFile() && !name.endsWith('.gz'))
  .sort();

let assembler = '// Made by dashboard/build.mjs.\n    .section .rodata\n';
let symbols = '';
let rows = '';
const include = (symbol, file) => `    .global ${symbol}\n${symbol}:\n    .incbin "${file}"\n`;
all.forEach((name, i) => {
  const file = path.join(files, name);
  const plain = fs.readFileSync(file);
  const packed = gzipSync(plain, { level: 9 });
  const worth = packed.length < plain.length * 0.9;
  const etag = createHash('sha256').update(plain).digest('hex').slice(0, 20);
  assembler += `// ${name} ${etag}\n` + include(`orrery_asset_${i}`, file);
  symbols += `extern "C" const char orrery_asset_${i}[];\n`;
  if (worth) {
    fs.writeFileSync(file + '.gz', packed);
    assembler += include(`orrery_asset_${i}_gz`, file + '.gz');
    symbols += `extern "C" const char orrery_asset_${i}_gz[];\n`;
  }
  const gzip = worth ? `{orrery_asset_${i}_gz, ${packed.length}}` : '{}';
  rows += `    {"/${name}", "${types[path.extname(name)]}", "\\"${etag}\\"", ${name.startsWith('assets/')},\n     {orrery_asset_${i}, ${plain.length}}, ${gzip}},\n`;
});
assembler += '    .section .note.GNU-stack,"",@progbits\n';

fs.writeFileSync(path.join(options.out, 'assets.S'), assembler);
fs.writeFileSync(
  path.join(options.out, 'web/embedded_assets.h'),
  `// Made by dashboard/build.mjs.\n#pragma once\n\n#include "web/assets.h"\n\n${symbols}\nnamespace orrery::web {\n\ninline const Asset embedded_assets[] = {\n${rows}};\n\n}  // namespace orrery::web\n`,
);

const script = all.filter((name) => name.endsWith('.js')).reduce((sum, name) => sum + fs.statSync(path.join(files, name + '.gz')).size, 0);
console.log(`dashboard: ${(script / 1024).toFixed(1)} KB of script, compressed`);
if (script > 120 * 1024) throw new Error('the dashboard may have 120 KB of script');
