/** Lists are `{ items, next }`. `next` is the value of `?after=` for the next page, or `null` on the last page. */

const pageSize = 50;

export function pageOf<Item extends { readonly id: string }>(
  all: readonly Item[],
  after: string | null,
): { readonly items: readonly Item[]; readonly next: string | null } {
  // If the id is gone, the list starts again: better to repeat items than to skip some.
  const from = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
  const items = all.slice(from, from + pageSize);
  return { items, next: from + pageSize < all.length ? (items.at(-1)?.id ?? null) : null };
}
