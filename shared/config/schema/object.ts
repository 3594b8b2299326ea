/**
 * Objects of settings. An entry of `strictObject` is the only place where a setting is written down: its TSDoc is what
 * editors show and what docs/configuration.md lists, its schema gives the type, the default and the checks.
 */
import * as v from 'valibot';
import { listed, nearestWord } from '../issues.ts';
import { issue } from './values.ts';

/** A setting that comes out in a unit has the unit at the end of its name: `idle: '30m'` becomes `idleMs: 1_800_000`. */
interface InUnit<Unit extends string> {
  readonly unit: Unit;
}
type UnitOf<Entry> =
  Entry extends InUnit<infer Unit> ? Unit : Entry extends { readonly wrapped: InUnit<infer Unit> } ? Unit : never;
type WithUnit<Entries> = {
  [Key in keyof Entries]: [UnitOf<Entries[Key]>] extends [never] ? never : Key;
}[keyof Entries];
type Optional<Entries> = {
  [Key in keyof Entries]: Entries[Key] extends { readonly type: 'optional' } ? Key : never;
}[keyof Entries];

type Flat<T> = { [Key in keyof T]: T[Key] };
/** Mapped over `Omit` and `Pick`, so that TSDoc of the entries survives. */
type InputOf<Entries extends v.ObjectEntries> = Flat<
  { readonly [Key in keyof Omit<Entries, Optional<Entries>>]: v.InferInput<Entries[Key]> } & {
    readonly [Key in keyof Pick<Entries, Optional<Entries>>]?: v.InferInput<Entries[Key]> | undefined;
  }
>;
type Value<Output> = undefined extends Output ? Exclude<Output, undefined> | null : Output;
type OutputOf<Entries extends v.ObjectEntries> = Flat<
  { readonly [Key in keyof Omit<Entries, WithUnit<Entries>>]: Value<v.InferOutput<Entries[Key]>> } & {
    readonly [Key in WithUnit<Entries> & string as `${Key}${UnitOf<Entries[Key]>}`]: Value<v.InferOutput<Entries[Key]>>;
  }
>;

export interface ObjectSchema<Entries extends v.ObjectEntries>
  extends v.GenericSchema<InputOf<Entries>, OutputOf<Entries>> {
  readonly entries: Entries;
}

/** How settings that have no default are usually written. */
const howToAdd: Readonly<Record<string, string>> = {
  publicOrigins: "Name where people reach the site: publicOrigins: ['https://shop.example'].",
  pools: "Name at least one pool: pools: { app: { origins: [{ id: 'eu', url: env.ORIGIN_EU, region: 'eu' }] } }.",
  routes: "Say where requests go: routes: [{ path: '/*', pool: 'app' }].",
  origins: "Name the pool's origins: origins: [{ id: 'eu', url: env.ORIGIN_EU, region: 'eu' }].",
  id: "Give the origin a short name that will not change: id: 'eu'.",
  url: 'Say where the origin is: url: env.ORIGIN_EU.',
  path: "Say which paths the route is for: path: '/account/*'.",
  token: 'Give the proof that its origins will show: token: env.ORIGIN_TOKEN, or jwks with their public keys.',
  page: "Name the origin's own form: page: '/login'.",
  secret: 'Give the secret that CloudFront sends as X-Edge-Secret: secret: env.EDGE_SECRET.',
};

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * An object of exactly these settings: every missing and every unknown setting is an issue. In the output every setting
 * has a value: its default, or `null` where it was left out and has none.
 */
export function strictObject<const Entries extends v.ObjectEntries>(entries: Entries): ObjectSchema<Entries> {
  const known = Object.keys(entries);
  const schema = v.pipe(
    v.custom<Record<string, unknown>>(isObject, issue('is not an object', `Write { … } with ${listed(known)}.`)),
    v.looseObject(entries, ({ expected }) =>
      issue('is missing', howToAdd[String(expected).replaceAll('"', '')] ?? 'It has no default: add it.'),
    ),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.value) return;
      const input = dataset.value as Record<string, unknown>;
      for (const key of Object.keys(input)) {
        if (known.includes(key)) continue;
        const meant = nearestWord(key, known);
        addIssue({
          message: issue(
            'is not a setting',
            meant ? `Did you mean '${meant}'?` : `Take it away. What can stand here: ${listed(known)}.`,
          ),
          input: undefined,
          path: [{ type: 'object', origin: 'key', input, key, value: input[key] }],
        });
      }
    }),
    v.transform((settings) =>
      Object.fromEntries(
        known.map((key) => [
          `${key}${unitOf(entries[key])}`,
          (settings as Readonly<Record<string, unknown>>)[key] ?? null,
        ]),
      ),
    ),
  );
  return Object.assign(schema, { entries }) as unknown as ObjectSchema<Entries>;
}

function unitOf(entry: unknown): string {
  const { unit, wrapped } = entry as { readonly unit?: string; readonly wrapped?: Partial<InUnit<string>> };
  return unit ?? wrapped?.unit ?? '';
}

export interface RecordSchema<Each extends v.GenericSchema>
  extends v.GenericSchema<Readonly<Record<string, v.InferInput<Each>>>, Readonly<Record<string, v.InferOutput<Each>>>> {
  readonly each: Each;
}

/** Names that valibot skips without an issue. */
const unsafeNames = ['__proto__', 'prototype', 'constructor'];

/** An object whose keys are names of the user's choice. */
export function recordOf<Each extends v.GenericSchema>(
  name: v.GenericSchema<string, string>,
  each: Each,
  remedy: string,
): RecordSchema<Each> {
  const schema = v.pipe(
    v.custom<Record<string, unknown>>(isObject, issue('is not an object', remedy)),
    v.check(
      (entries) => !unsafeNames.some((unsafe) => Object.hasOwn(entries, unsafe)),
      issue('has a name that JavaScript keeps for itself', `Use other names than ${listed(unsafeNames)}.`),
    ),
    v.record(name, each),
    v.check((entries) => Object.keys(entries).length > 0, issue('is empty', remedy)),
  );
  return Object.assign(schema, { each }) as unknown as RecordSchema<Each>;
}

export interface ChoiceSchema<Options extends Readonly<Record<string, v.GenericSchema>>>
  extends v.GenericSchema<v.InferInput<Options[keyof Options]>, v.InferOutput<Options[keyof Options]>> {
  readonly options: Options;
}

/** One of several forms. `formOf` tells by the input which form is meant, so that the issues are about that one alone. */
export function choice<const Options extends Readonly<Record<string, v.GenericSchema>>>(
  formOf: (input: unknown) => keyof Options,
  options: Options,
): ChoiceSchema<Options> {
  const schema = v.lazy((input) => options[formOf(input)] as v.GenericSchema);
  return Object.assign(schema, { options }) as unknown as ChoiceSchema<Options>;
}
