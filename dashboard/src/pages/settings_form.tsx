// The configuration by its schema: one field a key, written into the file's text by the program, so
// that comments and order stay.
import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import { post, put } from '../api';
import { Action, Button, Notice, ProblemText } from '../parts/basics';
import { Changes, useDocument, type Document, type Key, type Verdict } from '../parts/configuration';
import { unsaved } from '../router';
import { t } from '../texts';


type Value = string | number | boolean | string[] | null;

const plain = (written: string) => (written.startsWith('"') ? (JSON.parse(written) as string) : written);

// What is in force, as a field shows it.
function valueOf(key: Key): string {
  if (key.kind === 'list') return (JSON.parse(key.value) as string[]).join('\n');
  if (key.secret && key.name !== 'database.url') return '';
  return plain(key.value);
}

function toSend(key: Key, text: string): Value {
  if (key.kind === 'integer') return Number(text);
  if (key.kind === 'boolean') return text === 'true';
  if (key.kind === 'list') return text.split('\n').map((line) => line.trim()).filter(Boolean);
  return text;
}

const inputOf = (key: Key) => ({ type: key.secret && key.name !== 'database.url' ? 'password' : key.kind === 'integer' ? 'number' : 'text' });

export function ConfigurationForm(props: { after: { label: string; run: () => Promise<unknown> } }) {
  const { document, problem, take } = useDocument();
  const entered = useSignal<Record<string, string | null>>({});
  const text = useSignal<string | null>(null);
  const verdict = useSignal<Verdict | null>(null);
  const saved = useSignal(false);

  // The program writes every change into the text, one after the other. Only the last rewriting
  // counts, and nothing is saved while one is under way.
  const newest = useRef(0);
  const rewriting = useSignal(false);
  const rewrite = async (now: Document, values: Record<string, string | null>) => {
    const mine = ++newest.current;
    rewriting.value = true;
    let next = now.text;
    let last: (Verdict & { text: string }) | null = null;
    for (const [name, value] of Object.entries(values)) {
      const key = now.keys.find((one) => one.name === name);
      if (!key) continue;
      last = await post<Verdict & { text: string }>('/api/config/edit', { text: next, key: name, value: value === null ? null : toSend(key, value) });
      next = last.text;
    }
    if (mine !== newest.current) return;
    text.value = last ? next : null;
    verdict.value = last;
    rewriting.value = false;
  };
  const enter = (key: Key, value: string | null) => {
    const now = document.value;
    if (!now) return;
    saved.value = false;
    const values = { ...entered.value, [key.name]: value };
    if (value === valueOf(key)) delete values[key.name];
    entered.value = values;
    problem.value = null;
    rewrite(now, values).catch((error: unknown) => {
      problem.value = error;
      rewriting.value = false;
    });
  };
  const save = async () => {
    const now = document.value;
    if (!now || text.value === null) return;
    take(await put<Document>('/api/config', { text: text.value, version: now.version }));
    undo();
    saved.value = true;
  };
  const undo = () => {
    newest.current++;
    rewriting.value = false;
    entered.value = {};
    text.value = null;
    verdict.value = null;
    problem.value = null;
  };

  useEffect(() => () => void (unsaved.question = ''), []);
  useSignalEffect(() => void (unsaved.question = text.value === null ? '' : t('config.leave')));

  const now = document.value;
  if (!now) return problem.value ? <ProblemText problem={problem.value} /> : <p class="hint">{t('common.loading')}</p>;
  const sections = [...new Set(now.keys.map((key) => key.name.slice(0, key.name.lastIndexOf('.'))))];
  const faults = verdict.value?.faults ?? [];
  const faulty = faults.length > 0 || problem.value !== null || rewriting.value;
  return (
    <div class="config-form">
      <p class="hint">{now.exists ? t('config.file', now.path) : t('config.file.new', now.path)}</p>
      {sections.map((section) => (
        <fieldset key={section}>
          <legend>{section}</legend>
          {now.keys
            .filter((key) => key.name.slice(0, key.name.lastIndexOf('.')) === section)
            .map((key) => (
              <KeyField key={key.name} what={key} path={now.path} value={entered.value[key.name]} enter={enter} fault={faults.find((fault) => fault.what.startsWith(`${key.name}:`))?.what ?? null} />
            ))}
        </fieldset>
      ))}
      <div class="form-foot">
        <ProblemText problem={problem.value} />
        {verdict.value && faults.length === 0 && <Changes verdict={verdict.value} />}
        {saved.value && <Notice tone="good">{t('config.saved')}</Notice>}
        <div class="actions">
          <Action run={save} disabled={text.value === null || faulty}>
            {t('config.save')}
          </Action>
          <Action
            tone="main"
            disabled={text.value === null || faulty}
            run={async () => {
              await save();
              await props.after.run();
            }}
          >
            {props.after.label}
          </Action>
          <Button disabled={text.value === null && problem.value === null} onClick={undo}>
            {t('config.undo')}
          </Button>
        </div>
      </div>
    </div>
  );
}

function KeyField(props: { what: Key; path: string; value: string | null | undefined; enter: (key: Key, value: string | null) => void; fault: string | null }) {
  const { what } = props;
  const id = useId();
  // Set by something stronger than the file: a field here would change nothing.
  const external = what.origin !== null && !what.origin.startsWith(props.path);
  const value = props.value === undefined ? valueOf(what) : props.value === null ? '' : props.value;
  const attributes = { id, disabled: external, 'aria-describedby': `${id}-doc`, 'aria-invalid': props.fault !== null };
  const hint = what.secret && what.name !== 'database.url' && what.value !== '""' ? t('config.secret.kept') : plain(what.default.startsWith('[') ? '' : what.default);
  return (
    <div class="field key-field">
      <label for={id}>{what.name.slice(what.name.lastIndexOf('.') + 1)}</label>
      {what.kind === 'boolean' || what.kind === 'choice' ? (
        <select {...attributes} value={value} onChange={(event) => props.enter(what, event.currentTarget.value)}>
          {(what.kind === 'boolean' ? ['true', 'false'] : what.choices).map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      ) : what.kind === 'list' ? (
        <textarea {...attributes} rows={2} placeholder={t('config.list')} value={value} onChange={(event) => props.enter(what, event.currentTarget.value)} />
      ) : (
        <input {...attributes} {...(inputOf(what) as object)} placeholder={hint} autocomplete="off" value={value} onChange={(event) => props.enter(what, event.currentTarget.value)} />
      )}
      <p class="hint" id={`${id}-doc`}>
        {what.doc} {external ? <b>{t('config.external', what.origin ?? '')}</b> : t('config.default', what.default)}
        {what.origin !== null && !external && (
          <button type="button" class="link" onClick={() => props.enter(what, null)}>
            {t('config.reset')}
          </button>
        )}
      </p>
      {props.fault && (
        <p class="hint bad" role="alert">
          {props.fault}
        </p>
      )}
    </div>
  );
}
