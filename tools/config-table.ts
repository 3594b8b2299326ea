/**
 * `npm run docs:config`: writes the table of all settings into docs/configuration.md. The rows come from the schema: types,
 * bounds and defaults from what runs, descriptions from its TSDoc, which is also what editors show.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { API, type Checker, type Type } from 'typescript/unstable/sync';
import { formatDuration } from '../shared/config/durations.ts';
import { gatewaySchema } from '../shared/config/schema/gateway.ts';

export interface SettingRow {
  /** `pools.*.origins[].id`. */
  readonly path: string;
  readonly type: string;
  readonly default: string;
  readonly description: string;
}

const root = fileURLToPath(new URL('..', import.meta.url));
export const page = `${root}docs/configuration.md`;
const [begin, end] = ['<!-- settings: written by npm run docs:config -->', '<!-- settings: end -->'];

/** What the table reads of a schema. */
interface Schema {
  readonly type?: string;
  readonly wrapped?: Schema;
  readonly default?: unknown;
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly item?: Schema;
  readonly items?: readonly Schema[];
  readonly each?: Schema;
  /** Words of a picklist, or the forms of a choice. */
  readonly options?: readonly string[] | Readonly<Record<string, Schema>>;
  readonly literal?: unknown;
  readonly unit?: string;
  readonly bounds?: readonly [min: number, max: number];
}

/** Every setting once. @throws when one has no description, or a description that names another default. */
export function settingRows(): readonly SettingRow[] {
  const file = `${root}shared/config/schema/gateway.ts`;
  const api = new API({ cwd: root });
  try {
    const project = `${root}shared/tsconfig.json`;
    const checker = api.updateSnapshot({ openProjects: [project] }).getProject(project)?.checker as Checker;
    const symbol = checker.getSymbolAtPosition(file, readFileSync(file, 'utf8').indexOf('gatewaySchema'));
    const type = symbol && checker.getTypeOfSymbol(symbol);
    if (!type) throw new Error('the type of gatewaySchema was not found');
    // Forms of a choice may share settings, and one that a form excludes has no description there.
    const rows = new Map<string, SettingRow>();
    for (const row of rowsOf({ checker, seen: new Set() }, gatewaySchema as unknown as Schema, type, '')) {
      if (!rows.get(row.path)?.description) rows.set(row.path, row);
    }
    const silent = [...rows.values()].filter(({ description }) => description === '').map(({ path }) => path);
    if (silent.length > 0) throw new Error(`without a description in the schema: ${silent.join(', ')}`);
    return [...rows.values()];
  } finally {
    api.close();
  }
}

interface Walk {
  readonly checker: Checker;
  /** Objects of settings that have their rows already: what a provider takes is listed once. */
  readonly seen: Set<Schema['entries']>;
}

/** The settings in a schema. `type` is the schema's own type: its entries carry the TSDoc. */
function rowsOf(walk: Walk, schema: Schema, type: Type, path: string): SettingRow[] {
  const { checker, seen } = walk;
  const inside = (name: string): Type => {
    const symbol = checker.getPropertiesOfType(type).find((property) => property.name === name);
    return (symbol && checker.getTypeOfSymbol(symbol)) as Type;
  };
  if (schema.wrapped) return rowsOf(walk, schema.wrapped, inside('wrapped'), path);
  if (schema.item) return rowsOf(walk, schema.item, inside('item'), `${path}[]`);
  if (schema.each) return rowsOf(walk, schema.each, inside('each'), `${path}.*`);
  if (isChoice(schema.options)) {
    const forms = schema.options;
    return checker
      .getPropertiesOfType(inside('options'))
      .flatMap((form) => rowsOf(walk, forms[form.name] as Schema, checker.getTypeOfSymbol(form) as Type, path));
  }
  const { entries } = schema;
  if (!entries || seen.has(entries)) return [];
  seen.add(entries);
  return checker.getPropertiesOfType(inside('entries')).flatMap((property) => {
    const entry = entries[property.name] as Schema;
    const name = path === '' ? property.name : `${path}.${property.name}`;
    const tag = property.getJsDocTags(checker).find((each) => each.name === 'default')?.text;
    const row = {
      path: name,
      type: typeText(entry),
      default: defaultText(name, entry, tag?.trim()),
      description: property.getDocumentationComment(checker).replaceAll('\n', ' '),
    };
    return [row, ...rowsOf(walk, entry, checker.getTypeOfSymbol(property) as Type, name)];
  });
}

const isChoice = (options: Schema['options']): options is Readonly<Record<string, Schema>> =>
  options !== undefined && !Array.isArray(options);

const code = (text: string): string => `\`${text}\``;

function typeText(schema: Schema): string {
  if (schema.wrapped) return typeText(schema.wrapped);
  if (schema.bounds) return boundsText(schema.bounds, schema.unit);
  if (schema.entries) return code('{ … }');
  if (schema.each) return 'by name';
  if (schema.item) return `list of ${typeText(schema.item)}`;
  if (schema.items) return code(`[${schema.items.map(typeText).join(', ')}]`);
  if (isChoice(schema.options)) return [...new Set(Object.values(schema.options).map(typeText))].join(' or ');
  if (schema.options) return schema.options.map((word) => code(`'${word}'`)).join(', ');
  switch (schema.type) {
    case 'boolean':
      return `${code('true')}, ${code('false')}`;
    case 'literal':
      return code(String(schema.literal));
    case 'custom':
      return code('{ … }');
    case 'union':
      return 'text, number, true or false';
    default:
      return 'text';
  }
}

function boundsText([min, max]: readonly [number, number], unit: string | undefined): string {
  if (unit === 'Ms') return `duration, ${formatDuration(min)} to ${formatDuration(max)}`;
  return `${min} to ${max.toLocaleString('en')}${unit === undefined ? '' : ` ${unit.toLowerCase()}`}`;
}

/** @throws when the tag, which editors show, is not the default. */
function defaultText(path: string, { wrapped, default: value }: Schema, tag: string | undefined): string {
  if (!wrapped) return 'required';
  const isSection = inspect(value) === '{}';
  const literal = value === undefined || isSection ? undefined : literalOf(value);
  if (literal !== undefined && literal !== tag) {
    throw new Error(`${path}: its default is ${literal}, and its TSDoc says ${tag ?? 'nothing'}`);
  }
  if (literal !== undefined) return code(literal);
  return tag === undefined || !/['{]/.test(tag[0] as string) ? (tag ?? '') : code(tag);
}

const literalOf = (value: unknown): string =>
  inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: null }).replace(/\[ /g, '[').replace(/ \]/g, ']');

/** The page with its table. */
export function withTable(markdown: string, rows: readonly SettingRow[]): string {
  const [start, stop] = [markdown.indexOf(begin), markdown.indexOf(end)];
  if (start < 0 || stop < start) throw new Error(`docs/configuration.md has no place for the table: ${begin} … ${end}`);
  return `${markdown.slice(0, start + begin.length)}\n${tables(rows)}\n${markdown.slice(stop)}`;
}

/** One table for each top-level section; settings of their own come first. */
function tables(rows: readonly SettingRow[]): string {
  const sections = new Map<string, SettingRow[]>();
  for (const row of rows) {
    const name = /^\w+/.exec(row.path)?.[0] as string;
    const isSection = rows.some(({ path }) => path.startsWith(name) && path !== name);
    const section = isSection ? name : '';
    sections.set(section, [...(sections.get(section) ?? []), row]);
  }
  const general = sections.get('') ?? [];
  sections.delete('');
  return [['general', general] as const, ...sections]
    .map(([name, list]) => `\n#### ${name}\n\n${table(list)}\n`)
    .join('');
}

const table = (rows: readonly SettingRow[]): string =>
  [
    '| setting | type or choices | default | what it does |',
    '|---|---|---|---|',
    ...rows.map(({ path, type, default: standard, description }) =>
      ['', code(path), cell(type), cell(standard), cell(description), ''].join(' | ').trim(),
    ),
  ].join('\n');

const cell = (text: string): string => text.replaceAll('|', '\\|');

if (import.meta.main) writeFileSync(page, withTable(readFileSync(page, 'utf8'), settingRows()));
