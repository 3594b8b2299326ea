/** Reads the text exposition format 0.0.4 as strictly as Prometheus does, and a little more: nothing twice, nothing untyped. */
export type Samples = ReadonlyMap<string, number>;

const line = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?[0-9.e+-]+|\+Inf|NaN)$/;
const pair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/gy;

/** By name and labels in alphabetical order: `berth_requests_total{route="1",status="2xx"}`. Throws what is no such text. */
export function readExposition(text: string): Samples {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  for (const row of text.slice(0, -1).split('\n')) {
    const typed = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(row);
    if (typed) {
      if (types.has(typed[1] as string)) throw new Error(`typed twice: ${row}`);
      types.set(typed[1] as string, typed[2] as string);
    }
    if (row.startsWith('#')) continue;
    const [, name, labels = '', value] = line.exec(row) ?? [];
    if (name === undefined) throw new Error(`not a sample: ${row}`);
    const sessionId = types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '');
    if (!types.has(sessionId)) throw new Error(`of no type: ${row}`);
    const key = `${name}{${readLabels(labels, row)}}`;
    if (samples.has(key)) throw new Error(`said twice: ${row}`);
    samples.set(key, Number(value === '+Inf' ? 'Infinity' : value));
  }
  return samples;
}

function readLabels(text: string, row: string): string {
  const labels: string[] = [];
  pair.lastIndex = 0;
  while (pair.lastIndex < text.length) {
    const found = pair.exec(text);
    if (!found) throw new Error(`not a list of labels: ${row}`);
    labels.push(`${found[1]}="${found[2]}"`);
  }
  return labels.sort().join(',');
}
