/**
 * The three berths of the demo, and what an origin may do to itself and its siblings: go down, come back, be counted.
 */
export const berthIds = ['eu', 'us', 'ap'] as const;
export type BerthId = (typeof berthIds)[number];

export const cities: Readonly<Record<BerthId, string>> = { eu: 'Rotterdam', us: 'New York', ap: 'Yokohama' };

export const isBerthId = (text: string): text is BerthId => (berthIds as readonly string[]).includes(text);

export interface BerthState {
  readonly id: BerthId;
  readonly city: string;
  readonly alive: boolean;
}

export interface Harbour {
  list(): readonly BerthState[];
  /**
   * Takes an origin out of service: from now on connects are refused. `finish` ends what is still open, and is called
   * once the reply that announces it has gone out. `null` when it is the last one alive.
   */
  kill(id: BerthId): { finish(): void } | null;
  /**
   * Starts a dead origin on its old address, with empty memory; nothing happens to one that lives.
   * `false` when its port is no longer free.
   */
  revive(id: BerthId): Promise<boolean>;
}
