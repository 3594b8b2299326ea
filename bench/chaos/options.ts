import type { DoorName } from '../../test/support/doors.ts';

export interface ChaosOptions {
  readonly door: DoorName;
  readonly seconds: number;
  readonly seed: number;
  /** Between one event and the next. */
  readonly everyMs: number;
  readonly clients: number;
}
