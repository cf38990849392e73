// The small parts every page is made of.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Problem } from '../api';
import { go, path } from '../router';
import { t } from '../texts';

export function Card(props: { title?: string; children: ComponentChildren; actions?: ComponentChildren; class?: string }) {
  const id = useId();
  return (
    <section class={`card ${props.class ?? ''}`} aria-labelledby={props.title ? id : undefined}>
      {props.title && (
        <header class="card-head">
          <h2 id={id}>{props.title}</h2>
          {props.actions && <div class="actions">{props.actions}</div>}
        </header>
      )}
      {props.children}
    </section>
  );
}

export function Link(props: { to: string; class?: string; children: ComponentChildren; label?: string }) {
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.button !== 0) return;
    event.preventDefault();
    go(props.to);
  };
  return (
    <a href={props.to} class={props.class} onClick={follow} aria-label={props.label} aria-current={path.value === props.to ? 'page' : undefined}>
      {props.children}
    </a>
  );
}

export type Tone = 'plain' | 'main' | 'danger';

export function Button(props: { children: ComponentChildren; onClick?: () => unknown; tone?: Tone; busy?: boolean; disabled?: boolean; type?: 'submit' | 'button'; title?: string; label?: string }) {
  return (
    <button
      type={props.type ?? 'button'}
      class={`button ${props.tone ?? 'plain'}`}
      disabled={props.disabled || props.busy}
      aria-busy={props.busy || undefined}
      title={props.title}
      aria-label={props.label}
      onClick={() => void props.onClick?.()}
    >
      {props.children}
    </button>
  );
}

export interface InputOptions {
  type?: 'text' | 'password' | 'search' | 'number';
  name?: string;
  autocomplete?: string;
  inputMode?: 'numeric';
  required?: boolean;
  autofocus?: boolean;
  placeholder?: string;
}

export function Field(props: { label: string; children?: ComponentChildren; hint?: string | undefined; input?: InputOptions; value?: string; onValue?: (value: string) => void }) {
  const id = useId();
  const hint = props.hint ? `${id}-hint` : undefined;
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input {...(props.input as object)} id={id} aria-describedby={hint} value={props.value} onInput={(event) => props.onValue?.(event.currentTarget.value)} />
      {props.hint && (
        <p class="hint" id={hint}>
          {props.hint}
        </p>
      )}
    </div>
  );
}

export function Select(props: { label: string; value: string; options: readonly (readonly [string, string])[]; onValue: (value: string) => void }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select id={id} value={props.value} onChange={(event) => props.onValue(event.currentTarget.value)}>
        {props.options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

export function Notice(props: { tone?: 'good' | 'bad' | 'plain'; children: ComponentChildren }) {
  return (
    <p class={`notice ${props.tone ?? 'plain'}`} role={props.tone === 'bad' ? 'alert' : 'status'}>
      {props.children}
    </p>
  );
}

export function ProblemText(props: { problem: unknown }) {
  const { problem } = props;
  if (!problem) return null;
  const remedy = problem instanceof Problem ? problem.remedy : null;
  return (
    <Notice tone="bad">
      {t('common.problem', problem instanceof Error ? problem.message : String(problem))}
      {remedy && <span class="remedy"> {remedy}</span>}
    </Notice>
  );
}

// A button that does something, shows that it is at it, and what went wrong.
export function Action(props: { children: ComponentChildren; run: () => Promise<unknown>; tone?: Tone; sure?: string; title?: string; disabled?: boolean }) {
  const busy = useSignal(false);
  const asking = useSignal(false);
  const problem = useSignal<unknown>(null);
  const run = async () => {
    asking.value = false;
    busy.value = true;
    problem.value = null;
    try {
      await props.run();
    } catch (error) {
      problem.value = error;
    }
    busy.value = false;
  };
  return (
    <span class="action">
      <Button tone={props.tone ?? 'plain'} busy={busy.value} disabled={props.disabled ?? false} {...(props.title ? { title: props.title } : {})} onClick={() => (props.sure ? (asking.value = true) : run())}>
        {props.children}
      </Button>
      {asking.value && props.sure && <Sure question={props.sure} tone={props.tone ?? 'main'} yes={run} no={() => (asking.value = false)} />}
      <ProblemText problem={problem.value} />
    </span>
  );
}

function Sure(props: { question: string; tone: Tone; yes: () => unknown; no: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="dialog" onClose={props.no} aria-label={props.question}>
      <p>{props.question}</p>
      <div class="actions">
        <Button onClick={props.no}>{t('overview.no')}</Button>
        <Button tone={props.tone} onClick={props.yes}>
          {t('overview.yes')}
        </Button>
      </div>
    </dialog>
  );
}

// Starts something when shown, once.
export function useOnce(start: () => unknown): void {
  useEffect(() => {
    void start();
  }, []);
}
