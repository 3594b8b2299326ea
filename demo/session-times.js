// Asks Berth when the session ends. Without JavaScript or without Berth, the page does not show it.
const place = document.getElementById('session-times');
const clock = (time) => new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

const reply = await fetch('/.session/me', { headers: { accept: 'application/json' } }).catch(() => null);
if (place && reply?.ok) {
  const me = await reply.json();
  place.textContent = `Ends at ${clock(me.idle_expires_at)} if you do nothing, at ${clock(me.expires_at)} in any case.`;
}
