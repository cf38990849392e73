// Asking the program over its HTTP routes: one shape of answer, one shape of failure.
import { csrf, signedOut } from './state/session';

export class Problem extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly remedy: string | null = null,
    readonly data: Record<string, unknown> | null = null,
  ) {
    super(message);
  }
}

interface Envelope<T> {
  status: 'ok' | 'error';
  message: string | null;
  data: T;
}

// Throws a Problem for every answer that is not good, and for none at all (status 0).
export async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = {};
  if (csrf.value) headers['X-Orrery-Csrf'] = csrf.value;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(path, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
  } catch {
    throw new Problem(0, 'The program does not answer.');
  }
  const envelope = (await response.json().catch(() => null)) as Envelope<T & Record<string, unknown>> | null;
  if (response.ok && envelope) return envelope.data;
  if (response.status === 401 && !path.startsWith('/api/auth/')) signedOut();
  const remedy = envelope?.data?.['remedy'];
  throw new Problem(response.status, envelope?.message ?? response.statusText, typeof remedy === 'string' ? remedy : null, envelope?.data ?? null);
}

export const get = <T>(path: string) => ask<T>('GET', path);
export const post = <T>(path: string, body: unknown = {}) => ask<T>('POST', path, body);
export const put = <T>(path: string, body: unknown) => ask<T>('PUT', path, body);
