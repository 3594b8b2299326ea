/** Calls, by what they are for. */
export type Purpose = 'session' | 'control' | 'counts';

export interface Counter {
  note(purpose: Purpose, kind: 'read' | 'write'): void;
  /** Starts again at 0, after the sign-in. */
  reset(): void;
  counted(): Operations;
}

export interface Operations {
  /** Of the session itself. */
  readonly reads: number;
  readonly writes: number;
  /** Of the document with the state of the origins, which all sessions of an instance share. */
  readonly control: number;
  /** Of the metrics, likewise. */
  readonly counts: number;
}

export function createCounter(): Counter {
  let calls = { reads: 0, writes: 0, control: 0, counts: 0 };
  return {
    note(purpose, kind) {
      if (purpose === 'session') calls[kind === 'read' ? 'reads' : 'writes']++;
      else calls[purpose]++;
    },
    reset() {
      calls = { reads: 0, writes: 0, control: 0, counts: 0 };
    },
    counted: () => ({ ...calls }),
  };
}
