import { useSignal, useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { Action, Button, Notice } from '../parts/basics';
import { Markdown } from '../parts/markdown';
import { begin, conversations, current, forget, here, kept, online, say, sayAgain, working, type Said } from '../state/chat';
import { ready } from '../state/live';
import { t } from '../texts';

const time = (at: number) => new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

function Bubble(props: { message: Said }) {
  const { message } = props;
  const mine = message.author === 'you';
  return (
    <li class={`bubble ${message.author} ${message.delivery ?? ''}`}>
      <span class="visually-hidden">{t(mine ? 'chat.you' : 'chat.bot')}: </span>
      <div class="text">
        <Markdown text={message.text} />
      </div>
      <p class="meta">
        <time>{time(message.at)}</time>
        {mine && message.delivery && <span class="delivery"> · {message.delivery === 'refused' ? t('chat.refused', message.why ?? '') : t(`chat.${message.delivery}`)}</span>}
        {mine && (message.delivery === 'refused' || message.delivery === 'failed') && (
          <button type="button" class="link" onClick={() => sayAgain(message)}>
            {t('chat.again')}
          </button>
        )}
      </p>
    </li>
  );
}

const most = 4000;

function Composer() {
  const text = useSignal('');
  // The program counts bytes, and a letter may have four.
  const bytes = new TextEncoder().encode(text.value.trim()).length;
  const send = () => {
    const said = text.value.trim();
    if (!said || bytes > most) return;
    say(said);
    text.value = '';
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea aria-label={t('chat.say')} placeholder={t('chat.placeholder')} rows={2} value={text.value} onInput={(event) => (text.value = event.currentTarget.value)} onKeyDown={pressed} />
      <Button type="submit" tone="main" disabled={bytes === 0 || bytes > most}>
        {t('chat.send')}
      </Button>
      {bytes > most * 0.9 && (
        <p class={`hint ${bytes > most ? 'bad' : ''}`} role="status">
          {t('chat.length', bytes, most)}
        </p>
      )}
    </form>
  );
}

function Conversations() {
  return (
    <nav class="conversations card" aria-label={t('chat.conversations')}>
      <Button tone="main" onClick={begin}>
        {t('chat.new')}
      </Button>
      <ul>
        {conversations.value.map((one) => (
          <li key={one.id}>
            <button type="button" class="conversation" aria-current={one.id === current.value ? 'true' : undefined} onClick={() => (current.value = one.id)}>
              {one.title || t('chat.first')}
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}

export function Chat() {
  const list = useRef<HTMLDivElement>(null);
  useSignalEffect(() => {
    void here.value;
    void working.value;
    requestAnimationFrame(() => list.current?.scrollTo(0, list.current.scrollHeight));
  });
  const title = conversations.value.find((one) => one.id === current.value)?.title ?? '';
  return (
    <div class="page chat-page">
      <h1 class="visually-hidden">{t('chat.title')}</h1>
      <Conversations />
      <section class="talk card" aria-label={title || t('chat.first')}>
        <header class="card-head">
          <h2>{title || t('chat.first')}</h2>
          {here.value.length > 0 && (
            <Action sure={t('chat.delete.sure', title)} tone="danger" disabled={!online.value} title={online.value ? '' : t('chat.offline')} run={() => Promise.resolve(forget(current.value))}>
              {t('chat.delete')}
            </Action>
          )}
        </header>
        <div class="messages" ref={list} tabIndex={0} role="region" aria-label={t('chat.messages')}>
          {here.value.length === 0 && <p class="hint centre">{t('chat.empty')}</p>}
          <div role="log">
            <ol>
              {here.value.map((message) => (
                <Bubble key={message.number || message.id} message={message} />
              ))}
            </ol>
          </div>
          <p class="typing" role="status">
            {working.value && (
              <>
                <span class="dots" aria-hidden="true">
                  <i />
                  <i />
                  <i />
                </span>{' '}
                {t('chat.typing')}
              </>
            )}
          </p>
        </div>
        {(!ready.value || !online.value) && <Notice>{t('chat.not_ready')}</Notice>}
        {!kept.value && <Notice>{t('chat.not_kept')}</Notice>}
        <Composer />
      </section>
    </div>
  );
}
