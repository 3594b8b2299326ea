/** Keep-alive for pages that stay open: it counts as activity. */
import { emptyReply, type Handler } from './endpoint.ts';
import { requireSession } from './me.ts';

export const refresh: Handler = async (c, { settings }) => {
  await requireSession(c, settings, true);
  return emptyReply(204);
};
