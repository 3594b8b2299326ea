/** The counters of this process: a few map look-ups and an addition per count. No string is built on the way. */
import { type FamilyName, type SeriesKey, seriesKey } from './series.ts';

export interface Counter {
  /** The values of the family's labels, in their order. */
  add(by: number, family: FamilyName, ...values: readonly string[]): void;
  /** The counts since the last call. All counters start again at 0. Counters that are 0 are left out. */
  take(): ReadonlyMap<SeriesKey, number>;
}

/** Bounds memory. A configuration has far fewer series; all further ones are counted in one. */
const maxSeries = 5_000;

interface Cell {
  readonly key: SeriesKey;
  count: number;
}
type Branch = Map<string, Branch | Cell>;

export function createCounter(): Counter {
  const roots = new Map<FamilyName, Branch | Cell>();
  const beyond: Cell = { key: seriesKey('uncounted', []), count: 0 };
  const cells: Cell[] = [beyond];

  function cellOf(family: FamilyName, values: readonly string[]): Cell {
    let at: Branch | Cell | undefined = roots.get(family);
    for (const value of values) at = (at as Branch | undefined)?.get(value);
    return (at as Cell | undefined) ?? grow(family, values);
  }

  function grow(family: FamilyName, values: readonly string[]): Cell {
    if (cells.length > maxSeries) return beyond;
    const cell: Cell = { key: seriesKey(family, values), count: 0 };
    cells.push(cell);
    const path = [family, ...values];
    let branch = roots as Map<string, Branch | Cell>;
    for (const step of path.slice(0, -1)) {
      const next = (branch.get(step) as Branch | undefined) ?? new Map();
      branch.set(step, next);
      branch = next;
    }
    branch.set(path.at(-1) as string, cell);
    return cell;
  }

  return {
    add(by, family, ...values) {
      cellOf(family, values).count += by;
    },
    take() {
      const taken = new Map<SeriesKey, number>();
      for (const cell of cells) {
        if (cell.count > 0) taken.set(cell.key, cell.count);
        cell.count = 0;
      }
      return taken;
    },
  };
}
