/** Keep-alive for pages that stay open: counts as activity, says nothing. */
import { emptyReply, type Handler } from './endpoint.ts';
import { requireSession } from './me.ts';

export const refresh: Handler = async (c, { settings }) => {
  await requireSession(c, settings, true);
  return emptyReply(204);
};
