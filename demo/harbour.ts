/** The three origins of the demo, and what their pages can do with them: list, kill, revive. */
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
   * Kills an origin: it refuses connections from now on. Call `finish` when the response about it has been sent; it closes
   * the open connections. `null` if it is the last one alive.
   */
  kill(id: BerthId): { finish(): void } | null;
  /**
   * Starts a dead origin at its old address with empty memory. Does nothing if it is alive. `false` if its port is no
   * longer free.
   */
  revive(id: BerthId): Promise<boolean>;
}
