/** Sends one probe to an origin, without any client's data. */
import type { Origin, Pool, Settings } from '../../config/settings.ts';
import type { OriginOutcome, Platform } from '../../platform.ts';

export interface ProbeRequest {
  readonly method: 'GET' | 'HEAD';
  readonly path: string;
}

/**
 * - `status`: it replied.
 * - `silent`: it refused, closed the connection, or did not reply within `health.probe.timeout`.
 * - `late`: this process was frozen meanwhile, as a Lambda function is between requests. That proves nothing.
 */
export type ProbeAnswer =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'silent' }
  | { readonly kind: 'late' };

/** How late a timer of a busy process may fire. */
const timerSlackMs = 500;

export async function askOrigin(
  pool: Pool,
  { url }: Origin,
  { method, path }: ProbeRequest,
  { settings, platform }: { settings: Pick<Settings, 'publicOrigins'>; platform: Platform },
): Promise<ProbeAnswer> {
  const { timeoutMs } = pool.health.probe;
  const startedAt = platform.now();
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<OriginOutcome>((resolve) => {
    timer = setTimeout(() => {
      resolve({ kind: 'failed', sent: 'unknown', reason: 'no answer in time' });
      controller.abort();
    }, timeoutMs);
  });
  try {
    const asking = platform.send({
      url: url + path,
      method,
      headers: new Headers({ 'user-agent': 'berth-probe', accept: '*/*' }),
      perRequest: [],
      body: null,
      bodyLength: null,
      onBody: null,
      host: pool.host === 'client' ? (settings.publicOrigins[0]?.host ?? null) : null,
      edgeCache: false,
      signal: controller.signal,
    });
    const answered = await Promise.race([asking, silence]);
    if (answered.kind === 'reply') await answered.response.body?.cancel();
    if (platform.now() - startedAt > timeoutMs + timerSlackMs) return { kind: 'late' };
    return answered.kind === 'reply' ? { kind: 'status', status: answered.status } : { kind: 'silent' };
  } finally {
    clearTimeout(timer);
  }
}
