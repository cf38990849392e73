// The configuration file as text: with help for the key at hand, checked while one types, and the
// difference shown before it is saved.
import { useComputed, useSignal, useSignalEffect, type Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { get, post, put } from '../api';
import { unsaved } from '../router';
import { t } from '../texts';
import { Action, Button, Notice, ProblemText, useOnce } from './basics';

export interface Key {
  name: string;
  kind: 'text' | 'integer' | 'boolean' | 'duration' | 'choice' | 'list';
  doc: string;
  default: string;
  choices: string[];
  secret: boolean;
  value: string;
  origin: string | null;
}
export interface Document {
  path: string;
  exists: boolean;
  text: string;
  version: string;
  keys: Key[];
}
interface Fault {
  where: string;
  what: string;
  line: number;
}
export interface Verdict {
  faults: Fault[];
  changes: { key: string; before: string; after: string }[];
}

export function useDocument() {
  const document = useSignal<Document | null>(null);
  const text = useSignal('');
  const problem = useSignal<unknown>(null);
  const take = (next: Document) => {
    document.value = next;
    text.value = next.text;
  };
  useOnce(() => get<Document>('/api/config').then(take, (error: unknown) => (problem.value = error)));
  return { document, text, problem, take };
}

export function ConfigurationEditor(props: { after?: { label: string; run: () => Promise<unknown> } }) {
  const { document, text, problem, take } = useDocument();
  const verdict = useSignal<Verdict | null>(null);
  const saved = useSignal(false);
  const line = useSignal(0);
  const changed = useComputed(() => document.value !== null && text.value !== document.value.text);
  const area = useRef<HTMLTextAreaElement>(null);

  useEffect(() => () => void (unsaved.question = ''), []);
  useSignalEffect(() => {
    const now = text.value;
    unsaved.question = changed.value ? t('config.leave') : '';
    if (changed.value) saved.value = false;
    if (!document.value) return;
    const timer = setTimeout(() => void post<Verdict>('/api/config/check', { text: now }).then((answer) => (verdict.value = answer), (error: unknown) => (verdict.value = { faults: [{ where: '', what: String((error as Error).message), line: 0 }], changes: [] })), 250);
    return () => clearTimeout(timer);
  });

  const save = async () => {
    const now = document.value;
    if (!now) return;
    take(await put<Document>('/api/config', { text: text.value, version: now.version }));
    saved.value = true;
  };
  const goTo = (wanted: number) => {
    const field = area.current;
    if (!field || wanted < 1) return;
    const start = text.value.split('\n').slice(0, wanted - 1).join('\n').length + (wanted > 1 ? 1 : 0);
    const end = text.value.indexOf('\n', start);
    field.focus();
    field.setSelectionRange(start, end < 0 ? text.value.length : end);
    field.scrollTop = Math.max(0, (wanted - 4) * 20);
    line.value = wanted - 1;
  };

  const now = document.value;
  if (!now) return problem.value ? <ProblemText problem={problem.value} /> : <p class="hint">{t('common.loading')}</p>;
  const faulty = (verdict.value?.faults.length ?? 0) > 0;
  return (
    <div class="editor">
      <p class="hint">
        {now.exists ? t('config.file', now.path) : t('config.file.new', now.path)}
      </p>
      <div class="editor-columns">
        <TextArea text={text} faults={verdict.value?.faults ?? []} line={line} area={area} />
        <KeyHelp keys={now.keys} text={text} line={line.value} />
      </div>
      <div class="editor-verdict" aria-live="polite">
        {faulty ? <Faults faults={verdict.value?.faults ?? []} goTo={goTo} /> : verdict.value && <Changes verdict={verdict.value} />}
      </div>
      {changed.value && <Diff before={now.text} after={text.value} />}
      {saved.value && <Notice tone="good">{t('config.saved')}</Notice>}
      <div class="actions">
        <Action run={save} disabled={!changed.value || faulty} tone={props.after ? 'plain' : 'main'}>
          {t('config.save')}
        </Action>
        {props.after && (
          <Action
            run={async () => {
              if (changed.value) await save();
              await props.after?.run();
            }}
            disabled={faulty}
            tone="main"
          >
            {props.after.label}
          </Action>
        )}
        <Button disabled={!changed.value} onClick={() => (text.value = now.text)}>
          {t('config.undo')}
        </Button>
      </div>
    </div>
  );
}

function TextArea(props: { text: Signal<string>; faults: Fault[]; line: Signal<number>; area: { current: HTMLTextAreaElement | null } }) {
  const gutter = useRef<HTMLDivElement>(null);
  const count = props.text.value.split('\n').length;
  const wrong = new Set(props.faults.map((fault) => fault.line));
  const look = () => {
    const field = props.area.current;
    if (field) props.line.value = field.value.slice(0, field.selectionStart).split('\n').length - 1;
  };
  return (
    <div class="text-area">
      <div class="gutter" ref={gutter} aria-hidden="true">
        {Array.from({ length: count }, (_, i) => (
          <span key={i} class={wrong.has(i + 1) ? 'wrong' : i === props.line.value ? 'here' : ''}>
            {i + 1}
          </span>
        ))}
      </div>
      <textarea
        ref={props.area}
        aria-label={t('config.text')}
        spellcheck={false}
        autocomplete="off"
        wrap="off"
        rows={18}
        value={props.text.value}
        onInput={(event) => {
          props.text.value = event.currentTarget.value;
          look();
        }}
        onKeyUp={look}
        onClick={look}
        onScroll={(event) => gutter.current && (gutter.current.scrollTop = event.currentTarget.scrollTop)}
      />
    </div>
  );
}

// The key whose line the cursor is on.
function keyAt(text: string, line: number, keys: Key[]): Key | null {
  const lines = text.split('\n');
  const name = /^\s*#?\s*([\w.]+)\s*=/.exec(lines[line] ?? '')?.[1];
  if (!name) return null;
  let section = '';
  for (let i = line; i >= 0 && !section; i--) section = /^\s*\[([\w.]+)\]/.exec(lines[i] ?? '')?.[1] ?? '';
  const full = section ? `${section}.${name}` : name;
  return keys.find((key) => key.name === full) ?? null;
}

export function insertKey(text: string, key: Key): string {
  const dot = key.name.lastIndexOf('.');
  const section = key.name.slice(0, dot);
  const entry = `${key.name.slice(dot + 1)} = ${key.default}`;
  const lines = text.replace(/\s+$/, '').split('\n');
  const at = lines.findIndex((line) => line.trim() === `[${section}]`);
  if (at >= 0) lines.splice(at + 1, 0, entry);
  else lines.push(...(lines.join('') ? [''] : []), `[${section}]`, entry);
  return lines.join('\n').replace(/^\n/, '') + '\n';
}

function KeyHelp(props: { keys: Key[]; text: Signal<string>; line: number }) {
  const here = keyAt(props.text.value, props.line, props.keys);
  return (
    <aside class="key-help">
      {here ? (
        <div aria-live="polite">
          <h3>{here.name}</h3>
          <KeyText what={here} />
        </div>
      ) : (
        <p class="hint">{t('config.help')}</p>
      )}
      <details>
        <summary>{t('config.keys')}</summary>
        <dl>
          {props.keys.map((key) => (
            <div key={key.name}>
              <dt>
                <code>{key.name}</code>
                <button type="button" class="link" aria-label={t('config.insert.key', key.name)} onClick={() => (props.text.value = insertKey(props.text.value, key))}>
                  {t('config.insert')}
                </button>
              </dt>
              <dd>{key.doc}</dd>
            </div>
          ))}
        </dl>
      </details>
    </aside>
  );
}

export function KeyText(props: { what: Key }) {
  const { what } = props;
  return (
    <>
      <p>{what.doc}</p>
      {what.choices.length > 0 && <p class="hint">{t('config.choices', what.choices.join(', '))}</p>}
      <p class="hint">{t('config.default', what.default)}</p>
      <p class="hint">
        {t('config.now', what.value)} ({what.origin ? t('config.origin', what.origin) : t('config.origin.default')})
      </p>
    </>
  );
}

function Faults(props: { faults: Fault[]; goTo: (line: number) => void }) {
  return (
    <div role="alert">
      <h3>{t('config.faults')}</h3>
      <ul class="faults">
        {props.faults.map((fault) => (
          <li key={fault.where + fault.what}>
            {fault.line > 0 && (
              <button type="button" class="link" onClick={() => props.goTo(fault.line)}>
                {t('config.line', fault.line)}
              </button>
            )}{' '}
            {fault.what}
          </li>
        ))}
      </ul>
    </div>
  );
}

export function Changes(props: { verdict: Verdict }) {
  if (props.verdict.changes.length === 0) return <p class="hint good">{`${t('config.valid')} ${t('config.same')}`}</p>;
  return (
    <>
      <p class="hint good">{t('config.valid')}</p>
      <h3>{t('config.changes')}</h3>
      <ul class="changes">
        {props.verdict.changes.map((change) => (
          <li key={change.key}>
            <code>{change.key}</code> <del>{change.before}</del> <ins>{change.after}</ins>
          </li>
        ))}
      </ul>
    </>
  );
}

interface Piece {
  kind: 'same' | 'out' | 'in';
  text: string;
}

// The shortest way from one text to the other, line by line.
export function difference(before: string[], after: string[]): Piece[] {
  const common: number[][] = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  const at = (i: number, j: number) => common[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) for (let j = after.length - 1; j >= 0; j--) common[i]![j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const pieces: Piece[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      pieces.push({ kind: 'same', text: before[i++]! });
      j++;
    } else if (j >= after.length || (i < before.length && at(i + 1, j) >= at(i, j + 1))) pieces.push({ kind: 'out', text: before[i++]! });
    else pieces.push({ kind: 'in', text: after[j++]! });
  }
  return pieces;
}

function Diff(props: { before: string; after: string }) {
  const pieces = difference(props.before.split('\n'), props.after.split('\n'));
  // Two lines around each change are enough to find it.
  const near = pieces.map((_, i) => pieces.slice(Math.max(0, i - 2), i + 3).some((piece) => piece.kind !== 'same'));
  return (
    <details class="diff" open>
      <summary>{t('config.diff')}</summary>
      <pre>
        {pieces.map((piece, i) =>
          near[i] ? (
            <span key={i} class={piece.kind}>
              {piece.kind === 'out' ? '- ' : piece.kind === 'in' ? '+ ' : '  '}
              {piece.text}
              {'\n'}
            </span>
          ) : null,
        )}
      </pre>
    </details>
  );
}
