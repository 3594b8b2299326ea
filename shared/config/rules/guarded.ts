/** The requirements of a route, as in the file or as in the settings. */
export interface Asking {
  readonly session?: 'required' | 'optional' | 'off' | undefined;
  readonly claims?: object | undefined;
  /** In the file. */
  readonly maxAuthAge?: unknown;
  /** Resolved. */
  readonly maxAuthAgeMs?: number | null;
}

/** Whether a route needs a signed-in session: by `session: 'required'`, or by claims or `maxAuthAge`, which only such a session has. */
export const isGuarded = ({ session, claims, maxAuthAge, maxAuthAgeMs }: Asking): boolean =>
  session === 'required' || (maxAuthAge ?? maxAuthAgeMs ?? null) !== null || Object.keys(claims ?? {}).length > 0;
