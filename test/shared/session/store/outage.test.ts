import { describe, expect, it } from 'vitest';
import { OutageWatch } from '../../../../shared/session/store/outage.ts';

const silence = 2_000;
const refusal = 5;

describe('a store that gave no answer', () => {
  it('is not asked for five seconds, and then by one call', () => {
    const watch = new OutageWatch();
    expect(watch.admits(0)).toBe(true);
    watch.failed(10_000, silence);
    expect(watch.admits(10_000)).toBe(false);
    expect(watch.admits(14_999)).toBe(false);
    expect(watch.admits(15_000)).toBe(true);
    expect(watch.admits(15_000)).toBe(false);
  });

  it('is asked by all again once that call was answered', () => {
    const watch = new OutageWatch();
    watch.failed(10_000, silence);
    expect(watch.admits(15_000)).toBe(true);
    watch.succeeded(15_010);
    expect(watch.admits(15_010)).toBe(true);
  });

  it('is asked again when the clock was set back', () => {
    const watch = new OutageWatch();
    watch.failed(1_000_000, silence);
    expect(watch.admits(400_000)).toBe(true);
  });
});

it('a store that refuses at once is asked by every call: none of them waits', () => {
  const watch = new OutageWatch();
  watch.failed(10_000, refusal);
  expect(watch.admits(10_001)).toBe(true);
});

describe('an outage', () => {
  it('begins with the first call that failed, and is told once', () => {
    const watch = new OutageWatch();
    expect(watch.failed(10_000, refusal)).toEqual({ since: 9_995 });
    expect(watch.failed(10_100, refusal)).toBeNull();
  });

  it('ends with a success, and is told once', () => {
    const watch = new OutageWatch();
    watch.failed(10_000, refusal);
    expect(watch.succeeded(12_000)).toEqual({ since: 9_995 });
    expect(watch.succeeded(12_001)).toBeNull();
  });

  it('does not end and begin again with every other call', () => {
    const watch = new OutageWatch();
    let told = 0;
    for (let now = 0; now < 10_000; now += 100) {
      if (watch.failed(now, refusal)) told++;
      if (watch.succeeded(now + 50)) told++;
    }
    expect(told).toBe(1);
  });
});
