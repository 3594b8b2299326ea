/**
 * Carts that live in this origin's memory and nowhere else: the state that a berth is kept for. Whoever lands on
 * another origin, or on this one after a restart, finds an empty cart.
 */
import { randomBytes } from 'node:crypto';
import type { BerthId } from './harbour.ts';

export const goods = {
  rope: 'Coil of rope',
  lantern: 'Brass lantern',
  compass: 'Pocket compass',
  biscuits: 'Ship’s biscuits',
} as const;
export type Good = keyof typeof goods;

export const isGood = (text: string): text is Good => Object.hasOwn(goods, text);

export interface CartLine {
  readonly item: Good;
  readonly quantity: number;
}

export interface Carts {
  /** The lines of a cart; empty for an id this origin does not know. */
  lines(cartId: string | null): readonly CartLine[];
  /** Adds one. A cart this origin does not know is begun anew, under a new id; answers with the id. */
  add(cartId: string | null, item: Good): string;
}

// A demo left running must not grow for ever, nor a cart past what a person would put into one.
const maxCarts = 10_000;
const maxQuantity = 99;

export function createCarts(origin: BerthId): Carts {
  const carts = new Map<string, Map<Good, number>>();
  return {
    lines(cartId) {
      const cart = cartId === null ? undefined : carts.get(cartId);
      return [...(cart ?? [])].map(([item, quantity]) => ({ item, quantity }));
    },
    add(cartId, item) {
      const known = cartId !== null && carts.has(cartId);
      // The id tells whose memory it points into, so that the page can say where a lost cart went down.
      const id = known ? cartId : `${origin}-${randomBytes(12).toString('base64url')}`;
      const cart = carts.get(id) ?? new Map<Good, number>();
      cart.set(item, Math.min((cart.get(item) ?? 0) + 1, maxQuantity));
      carts.set(id, cart);
      if (carts.size > maxCarts) carts.delete(carts.keys().next().value as string);
      return id;
    },
  };
}

/** Which origin's memory a cart id points into, or `null` for something that is no cart id of ours. */
export const cartHome = (cartId: string | null): string | null => /^(eu|us|ap)-/.exec(cartId ?? '')?.[1] ?? null;
