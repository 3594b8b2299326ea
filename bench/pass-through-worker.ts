/** The baseline of the throughput benchmark: a Worker that only passes requests on. */
export default {
  fetch(request: Request, { ORIGIN }: { readonly ORIGIN: string }): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    return fetch(new Request(`${ORIGIN}${pathname}${search}`, request), { redirect: 'manual', cache: 'no-store' });
  },
};
