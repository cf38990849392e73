// The web chat: what was said, and what still has to be.
//
// Every message has an id of this browser's making. It is kept here until the program says that it
// has it, and sent again after a break with the same id, so nothing is lost and nothing counts twice.
import { computed, effect, signal } from '@preact/signals';
import { status } from './live';
import { username, who } from './session';

export type Delivery = 'waiting' | 'sending' | 'sent' | 'answered' | 'ignored' | 'failed' | 'refused';

export interface Said {
  number: number; // 0: not yet known to the program
  conversation: string;
  id: string; // of the message; a reply has that of what it answers
  author: 'you' | 'bot';
  text: string;
  at: number;
  delivery?: Delivery;
  why?: string;
}

type Heard =
  | { type: 'history'; messages: Said[]; kept: boolean; whole: boolean }
  | ({ type: 'said' } & Said)
  | { type: 'handled'; id: string; outcome: 'answered' | 'ignored' | 'failed' }
  | { type: 'deleted'; conversation: string }
  | { type: 'error'; id: string | null; message: string };

const maker = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');

export const said = signal<Said[]>([]);
export const current = signal(localStorage.getItem('conversation') ?? 'main');
export const started = signal<string[]>([]); // conversations without a message yet
export const online = signal(false);
export const kept = signal(true);

effect(() => localStorage.setItem('conversation', current.value));

export interface Conversation {
  id: string;
  title: string;
  at: number;
}

export const conversations = computed<Conversation[]>(() => {
  const found = new Map<string, Conversation>();
  for (const id of [...started.value, current.value]) found.set(id, { id, title: '', at: Number.MAX_SAFE_INTEGER });
  for (const message of said.value) {
    const known = found.get(message.conversation);
    const title = known?.title || (message.author === 'you' ? message.text.slice(0, 60) : '');
    found.set(message.conversation, { id: message.conversation, title, at: message.at });
  }
  return [...found.values()].sort((a, b) => b.at - a.at);
});

export const here = computed(() => said.value.filter((message) => message.conversation === current.value));
export const working = computed(() => here.value.some((message) => message.author === 'you' && (message.delivery === 'sent' || message.delivery === 'sending')));

// ---- what has not arrived yet, also over a reload of the page

// Each person's own: another who signs in here must not send it.
const storage = () => `chat-unsent ${username.value}`;
const unsent = (): Said[] => JSON.parse(localStorage.getItem(storage()) ?? '[]') as Said[];
const keepUnsent = (list: Said[]) => (list.length > 0 ? localStorage.setItem(storage(), JSON.stringify(list)) : localStorage.removeItem(storage()));

const change = (id: string, part: Partial<Said>) => (said.value = said.value.map((message) => (message.id === id && message.author === 'you' ? { ...message, ...part } : message)));

export function say(text: string): void {
  const message: Said = { number: 0, conversation: current.value, id: maker(), author: 'you', text, at: Date.now(), delivery: online.value ? 'sending' : 'waiting' };
  said.value = [...said.value, message];
  started.value = started.value.filter((id) => id !== current.value);
  keepUnsent([...unsent(), message]);
  transmit(message);
}

export function sayAgain(message: Said): void {
  said.value = said.value.filter((other) => other.id !== message.id);
  say(message.text);
}

export function begin(): void {
  const id = maker();
  started.value = [...started.value, id];
  current.value = id;
}

export function forget(conversation: string): void {
  drop(conversation);
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: 'delete', conversation }));
}

function drop(conversation: string): void {
  said.value = said.value.filter((message) => message.conversation !== conversation);
  started.value = started.value.filter((id) => id !== conversation);
  if (current.value === conversation) current.value = conversations.value.find((other) => other.id !== conversation)?.id ?? 'main';
}

// ---- the socket

let socket: WebSocket | null = null;
let patience = 100;
let timer = 0;

function transmit(message: Said): void {
  if (socket?.readyState !== WebSocket.OPEN || !online.value) return;
  change(message.id, { delivery: 'sending' });
  socket.send(JSON.stringify({ type: 'message', id: message.id, conversation: message.conversation, text: message.text }));
}

function open(): void {
  clearTimeout(timer);
  if (socket || who.value !== 'somebody' || !status.value?.ready) return;
  socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/chat/ws`);
  socket.onopen = () => {
    // What became of a message that was still open has to be asked for again.
    const open = said.value.filter((message) => message.number > 0 && message.author === 'you' && (message.delivery === 'sent' || message.delivery === 'sending'));
    const last = open.length > 0 ? Math.min(...open.map((message) => message.number)) - 1 : Math.max(0, ...said.value.map((message) => message.number));
    socket?.send(JSON.stringify({ type: 'open', after: last }));
  };
  socket.onmessage = (event) => hear(JSON.parse(event.data as string) as Heard);
  socket.onclose = () => {
    socket = null;
    online.value = false;
    timer = window.setTimeout(open, patience);
    patience = Math.min(patience * 2, 3000);
  };
}

function hear(heard: Heard): void {
  if (heard.type === 'history') return takeHistory(heard.messages, heard.kept, heard.whole);
  if (heard.type === 'said') return take([heard]);
  if (heard.type === 'deleted') return drop(heard.conversation);
  if (heard.type === 'handled') return void change(heard.id, { delivery: heard.outcome });
  if (heard.id === null) return;
  keepUnsent(unsent().filter((message) => message.id !== heard.id));
  change(heard.id, { delivery: 'refused', why: heard.message });
}

function takeHistory(messages: Said[], isKept: boolean, whole: boolean): void {
  // A program that begins to count anew sends all it has: what we had of another life goes.
  if (whole) said.value = said.value.filter((message) => message.number === 0);
  online.value = true;
  kept.value = isKept;
  patience = 100;
  take(messages);
  const shown = new Set(said.value.map((message) => message.id));
  for (const message of unsent()) {
    if (!shown.has(message.id)) said.value = [...said.value, { ...message, delivery: 'sending' }];
    transmit(message);
  }
}

function take(messages: Said[]): void {
  const numbers = new Set(said.value.map((message) => message.number));
  const fresh = messages.filter((message) => message.number === 0 || !numbers.has(message.number));
  const mine = new Map(fresh.filter((message) => message.author === 'you').map((message) => [message.id, message]));
  keepUnsent(unsent().filter((message) => !mine.has(message.id)));
  const settled = new Map(messages.filter((message) => message.author === 'you' && message.delivery).map((message) => [message.number, message.delivery]));
  const before = said.value.map((message) => {
    const outcome = message.number > 0 ? settled.get(message.number) : undefined;
    if (outcome) return { ...message, delivery: outcome };
    const known = message.author === 'you' && message.number === 0 ? mine.get(message.id) : undefined;
    if (!known) return message;
    mine.delete(message.id);
    return { ...message, ...known, delivery: known.delivery ?? 'sent' };
  });
  const rest = fresh.filter((message) => message.author === 'bot' || mine.has(message.id)).map((message) => (message.author === 'you' ? { ...message, delivery: message.delivery ?? ('sent' as const) } : message));
  said.value = [...before, ...rest].sort((a, b) => (a.number || Infinity) - (b.number || Infinity));
}

// What could not be sent before the page was loaded is shown from the beginning.
effect(() => {
  if (who.value !== 'somebody' || !username.value) return;
  const shown = new Set(said.peek().map((message) => message.id));
  const waiting = unsent().filter((message) => !shown.has(message.id));
  if (waiting.length > 0) said.value = [...said.peek(), ...waiting.map((message) => ({ ...message, delivery: 'waiting' as const }))];
});

effect(() => {
  if (status.value?.ready && who.value === 'somebody') {
    patience = 100;
    open();
  }
  if (who.value === 'nobody') {
    socket?.close();
    said.value = [];
  }
});
