import type { InferInput, InferOutput } from 'valibot';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { GatewayInput } from '../../../shared/config/input.ts';
import { strictObject } from '../../../shared/config/schema/object.ts';
import { bytes, duration, fromEnvironment, oneOf, text } from '../../../shared/config/schema/values.ts';

/** What it takes to add a setting. */
const schema = strictObject({
  wait: v.optional(duration(), '5s'),
  limit: v.optional(duration()),
  size: v.optional(bytes(1024), 512),
  mode: v.optional(oneOf('on', 'off'), 'on'),
  url: fromEnvironment(text),
});

describe('an entry of the schema', () => {
  test('gives its setting the type that the file is written in', () => {
    expectTypeOf<InferInput<typeof schema>>().toEqualTypeOf<{
      readonly wait?: `${number}${'s' | 'm' | 'h' | 'd'}` | undefined;
      readonly limit?: `${number}${'s' | 'm' | 'h' | 'd'}` | undefined;
      readonly size?: number | undefined;
      readonly mode?: 'on' | 'off' | undefined;
      readonly url: string | undefined;
    }>();
  });

  test('gives it the type that the gateway works with: in its unit, with its default, or null', () => {
    expectTypeOf<InferOutput<typeof schema>>().toEqualTypeOf<{
      readonly waitMs: number;
      readonly limitMs: number | null;
      readonly sizeBytes: number;
      readonly mode: 'on' | 'off';
      readonly url: string;
    }>();
    expect(v.parse(schema, { url: 'x' })).toEqual({
      waitMs: 5000,
      limitMs: null,
      sizeBytes: 512,
      mode: 'on',
      url: 'x',
    });
    expect(v.parse(schema, { url: 'x', wait: '1m', size: undefined })).toMatchObject({
      waitMs: 60_000,
      sizeBytes: 512,
    });
  });

  test('makes its setting known: others are issues', () => {
    const { issues } = v.safeParse(schema, { url: 'x', wiat: '1m' });
    expect(issues?.map(({ message }) => message)).toEqual(["is not a setting\nDid you mean 'wait'?"]);
  });
});

type AffinityInput = NonNullable<GatewayInput['pools'][string]['affinity']>;

describe('the type of affinity', () => {
  test('has for each way the attributes that go with it', () => {
    expectTypeOf<{ by: 'header'; name: string; value: 'wrap'; absolute: '1h' }>().toExtend<AffinityInput>();
    expectTypeOf<{ by: 'origin-cookie'; name: string[] }>().toExtend<AffinityInput>();
    expectTypeOf<{ domain: string; name: string }>().toExtend<AffinityInput>();
    expectTypeOf<{ by: 'header'; value: 'pin' }>().not.toExtend<AffinityInput>();
    expectTypeOf<{ by: 'cookie'; name: string[] }>().not.toExtend<AffinityInput>();
    // @ts-expect-error an address has no pin that could idle
    const wrong: AffinityInput = { by: 'ip', idle: '1h' };
    expect(wrong).toBeDefined();
  });
});
