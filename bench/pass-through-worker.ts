/** What the gateway is measured against: the least a Worker can do and still stand in front of an origin. */
export default {
  fetch(request: Request, { ORIGIN }: { readonly ORIGIN: string }): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    return fetch(new Request(`${ORIGIN}${pathname}${search}`, request), { redirect: 'manual', cache: 'no-store' });
  },
};
