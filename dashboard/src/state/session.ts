// Who is signed in here.
import { signal } from '@preact/signals';
import { get, post } from '../api';

export type Who = 'unknown' | 'nobody' | 'somebody';
export const who = signal<Who>('unknown');
export const username = signal('');
export const csrf = signal('');
export const hasSecondFactor = signal(false);

interface Session {
  username: string;
  csrf: string;
  second_factor: boolean;
}

export async function lookWho(): Promise<void> {
  try {
    const session = await get<Session>('/api/auth/session');
    username.value = session.username;
    csrf.value = session.csrf;
    hasSecondFactor.value = session.second_factor;
    who.value = 'somebody';
  } catch (error) {
    if ((error as { status?: number }).status === 401) signedOut();
    else throw error;
  }
}

export function signedOut(): void {
  csrf.value = '';
  username.value = '';
  who.value = 'nobody';
}

export async function signIn(name: string, password: string, code: string): Promise<void> {
  await post('/api/auth/login', { username: name, password, code });
  await lookWho();
}

export async function setUp(token: string, name: string, password: string): Promise<void> {
  await post('/api/auth/setup', { token, username: name, password });
  await lookWho();
}

export async function signOut(everywhere: boolean): Promise<void> {
  await post('/api/auth/logout', { everywhere });
  signedOut();
}
