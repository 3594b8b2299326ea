/** What `npm run bench` prints: ratios first, bars beside them, and what they were made of. */
export interface Row {
  readonly what: string;
  readonly ratio: number;
  /** What it has to hold, or nothing where no bar is set. */
  readonly bar: string;
  readonly detail: string;
}

export function printTable(rows: readonly Row[]): void {
  const width = Math.max(...rows.map(({ what }) => what.length));
  for (const { what, ratio, bar, detail } of rows) {
    console.log(`${what.padEnd(width)}  ${ratio.toFixed(2).padStart(6)}  ${bar && `(bar ${bar})`}`);
    for (const part of detail.split('; ')) console.log(`    ${part}`);
  }
}
