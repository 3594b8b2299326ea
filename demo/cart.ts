/**
 * Carts in the memory of this origin: the state that affinity preserves. At another origin, or after a restart, the cart is
 * empty.
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
  /** The lines of a cart; empty if this origin does not know the id. */
  lines(cartId: string | null): readonly CartLine[];
  /** Adds one item and returns the cart's id. If this origin does not know the cart, it creates a new one with a new id. */
  add(cartId: string | null, item: Good): string;
}

// Limits for a demo that keeps running.
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
      // The id names the origin, so that the page can say where a lost cart was.
      const id = known ? cartId : `${origin}-${randomBytes(12).toString('base64url')}`;
      const cart = carts.get(id) ?? new Map<Good, number>();
      cart.set(item, Math.min((cart.get(item) ?? 0) + 1, maxQuantity));
      carts.set(id, cart);
      if (carts.size > maxCarts) carts.delete(carts.keys().next().value as string);
      return id;
    },
  };
}

/** The origin that a cart id names, or `null` if it is not a cart id of this app. */
export const cartHome = (cartId: string | null): string | null => /^(eu|us|ap)-/.exec(cartId ?? '')?.[1] ?? null;
