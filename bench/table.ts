/** The output of `npm run bench`: each ratio with its limit and the values it was computed from. */
export interface Row {
  readonly what: string;
  readonly ratio: number;
  /** The limit; empty if there is none. */
  readonly bar: string;
  readonly detail: string;
}

export function printTable(rows: readonly Row[]): void {
  const width = Math.max(...rows.map(({ what }) => what.length));
  for (const { what, ratio, bar, detail } of rows) {
    console.log(`${what.padEnd(width)}  ${ratio.toFixed(2).padStart(6)}  ${bar && `(limit ${bar})`}`);
    for (const part of detail.split('; ')) console.log(`    ${part}`);
  }
}
