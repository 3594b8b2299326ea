/**
 * The SharedLog port: small texts that all isolates of a deployment add to, by periods of time. Adding costs what the text
 * costs, however much there is already. Only an outage throws.
 */
export interface SharedLog {
  /** Adds a text. An id that the period has already is left as it is, so a call may be repeated. */
  append(period: number, id: string, text: string): Promise<void>;
  has(period: number, id: string): Promise<boolean>;
  /** All texts of a period by their ids, in no order. */
  read(period: number): Promise<readonly LogEntry[]>;
}

export interface LogEntry {
  readonly id: string;
  readonly text: string;
}

export const logPeriodMs = 60_000;
export const periodAt = (ms: number): number => Math.floor(ms / logPeriodMs);
