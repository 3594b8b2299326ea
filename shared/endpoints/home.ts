/** The account page: who is signed in, since when, until when, and on which devices. */
import { Failure } from '../errors.ts';
import { escapeHtml, pageReply } from '../http/page.ts';
import { type Handler, timeOf } from './endpoint.ts';

export const home: Handler = async (c, { settings, strategy }) => {
  const { freshnessMs } = settings.session;
  const recognition = await c.env.session.authenticate({ freshnessMs, touch: false });
  if (recognition.kind === 'unavailable') throw new Failure('store_unavailable', 'the session could not be checked');
  if (recognition.kind !== 'active' || recognition.session.subject === null) {
    const link = settings.login.kind === 'page' ? `<p><a href="${settings.prefix}/login">Sign in</a></p>` : '';
    return pageReply({
      status: 200,
      title: 'You are not signed in',
      body: `<p>${recognition.kind === 'active' ? 'This browser has a session, and nobody is signed in to it.' : 'There is no session in this browser.'}</p>${link}`,
    });
  }
  const { session } = recognition;
  const row = (name: string, value: string): string => `<dt>${name}</dt><dd>${escapeHtml(value)}</dd>`;
  const time = (ms: number): string =>
    timeOf(ms)
      .replace('T', ' ')
      .replace(/\.\d+Z$/, ' UTC');
  const devices = (await strategy.devices?.(session.subject as string, c.env.client.now)) ?? [];
  const list = devices.map(({ id, label, createdAt }) => {
    const isThis = id === session.sessionId;
    return `<li>${escapeHtml(label)}${isThis ? ' <strong>(this one)</strong>' : ''} <small>since ${time(createdAt)}</small></li>`;
  });
  const everywhere = devices.length === 0 ? '' : `<h2>Your devices</h2><ul>${list.join('')}</ul>`;
  const others =
    devices.length < 2
      ? ''
      : `<form method="post" action="${settings.prefix}/sessions/others"><button>Sign out everywhere else</button></form>`;
  return pageReply({
    status: 200,
    title: 'You are signed in',
    body: `<dl>${row('As', session.subject as string)}${row('Since', time(session.authenticatedAt))}${row('Until', time(session.endsAt))}${row('If idle, until', time(session.idleEndsAt))}</dl>
<form method="post" action="${settings.prefix}/logout"><button>Sign out</button><a href="/">Back to the site</a></form>
${everywhere}${others}`,
    formTargets: settings.publicOrigins.map(({ origin }) => origin),
  });
};
