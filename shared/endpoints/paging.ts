/** Lists are `{ items, next }`: `next` goes into `?after=` of the following call, and is `null` at the end. */

const pageSize = 50;

export function pageOf<Item extends { readonly id: string }>(
  all: readonly Item[],
  after: string | null,
): { readonly items: readonly Item[]; readonly next: string | null } {
  // An id that is gone by now begins at the front: better twice than never.
  const from = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
  const items = all.slice(from, from + pageSize);
  return { items, next: from + pageSize < all.length ? (items.at(-1)?.id ?? null) : null };
}
