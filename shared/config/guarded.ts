/** What a route asks of those who want in, as the file has it or as it was resolved. */
export interface Asking {
  readonly session?: 'required' | 'optional' | 'off' | undefined;
  readonly claims?: object | undefined;
  /** In the file. */
  readonly maxAuthAge?: unknown;
  /** Resolved. */
  readonly maxAuthAgeMs?: number | null;
}

/** Whether a route lets in only those who are signed in: it says so, or asks for what nobody else has. */
export const isGuarded = ({ session, claims, maxAuthAge, maxAuthAgeMs }: Asking): boolean =>
  session === 'required' || (maxAuthAge ?? maxAuthAgeMs ?? null) !== null || Object.keys(claims ?? {}).length > 0;
