/** The value that `part` of the values (0 to 1) are below; `NaN` of none. */
export const quantile = (part: number, values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN;

/** Of an even number of values the upper one of the two in the middle. */
export const median = (values: readonly number[]): number => quantile(0.5, values);
