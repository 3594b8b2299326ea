import { describe, expect, test } from 'vitest';
import { placeOfRegion } from '../../../shared/config/regions.ts';

describe('a region', () => {
  test.each(['af', 'an', 'as', 'eu', 'na', 'oc', 'sa', 'us', 'ap', 'eu-central-1', 'us-gov-west-1', 'cn-north-1'])(
    '%s has a place on earth',
    (name) => {
      const place = placeOfRegion(name);
      expect(Math.abs(place?.latitude ?? 91)).toBeLessThanOrEqual(90);
      expect(Math.abs(place?.longitude ?? 181)).toBeLessThanOrEqual(180);
    },
  );

  test.each(['tokyo', '', 'EU', 'toString', '__proto__'])('%j is unknown', (name) => {
    expect(placeOfRegion(name)).toBeNull();
  });

  test('is where its name says', () => {
    const east = (name: string) => placeOfRegion(name)?.longitude ?? Number.NaN;
    expect(east('us-west-2')).toBeLessThan(east('us-east-1'));
    expect(east('us-east-1')).toBeLessThan(east('eu-west-1'));
    expect(east('eu-west-1')).toBeLessThan(east('eu-central-1'));
    expect(east('eu-central-1')).toBeLessThan(east('ap-south-1'));
    expect(east('ap-south-1')).toBeLessThan(east('ap-northeast-1'));
  });
});
