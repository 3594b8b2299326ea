/**
 * Headers that are sent once more. A client that asks again mostly says the same again (`http/survey.ts`), and the same is
 * said for it: then the header it was sent on with before will do, but for what is new in every request. To make one, name
 * by name, is the dearest thing that a gateway does on workerd.
 */
import type { PublicOrigin } from '../../config/settings.ts';
import type { StableHeaders } from '../../http/header-snapshot.ts';

/**
 * What goes into a header besides the client's own fields and what follows from those (the upgrade). Compared one by one;
 * the identity by being the same object.
 */
export interface Told {
  readonly assertion: string | null;
  readonly session: 'active' | 'anonymous' | 'off';
  readonly address: string | null;
  readonly forwardedFor: readonly string[];
  readonly publicOrigin: PublicOrigin;
  readonly origin: string | null;
  readonly epoch: number;
  readonly next: string | null;
  readonly identity: readonly (readonly [name: string, value: string])[];
}

export interface Dressed {
  /** It is the next request's too. */
  readonly headers: Headers;
  /** Of each of `lasting.freshNames`, whether it goes to the origin. */
  readonly passing: readonly boolean[];
}

export interface SentBefore {
  /** That of an earlier request that was the same in all of this, or one made now. */
  dressedFor(lasting: StableHeaders, told: Told, make: () => Dressed): Dressed;
}

export function createSentBefore(): SentBefore {
  const known = new WeakMap<StableHeaders, { readonly told: Told; readonly dressed: Dressed }>();

  return {
    dressedFor(lasting, told, make) {
      const before = known.get(lasting);
      if (before !== undefined && areSame(before.told, told)) return before.dressed;
      const dressed = make();
      known.set(lasting, { told, dressed });
      return dressed;
    },
  };
}

const areSame = (one: Told, other: Told): boolean =>
  one.assertion === other.assertion &&
  one.session === other.session &&
  one.address === other.address &&
  areEqual(one.forwardedFor, other.forwardedFor) &&
  one.publicOrigin === other.publicOrigin &&
  one.origin === other.origin &&
  one.epoch === other.epoch &&
  one.next === other.next &&
  areAlike(one.identity, other.identity);

/** Of proxies, so a few at the most. */
const areEqual = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((address, i) => address === other[i]);

/** The same object, or two with nothing in them. */
const areAlike = (one: readonly unknown[], other: readonly unknown[]): boolean =>
  one === other || (one.length === 0 && other.length === 0);
