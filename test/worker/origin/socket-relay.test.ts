import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { relaySocket } from '../../../worker/origin/socket-relay.ts';

/** What workerd's sockets do that the relay has to do with. */
class FakeSocket extends EventTarget {
  binaryType = 'blob';
  readonly did: unknown[] = [];
  accept(options: unknown): void {
    this.did.push(['accept', options, this.binaryType]);
  }
  send(data: unknown): void {
    if (this.isBroken) throw new TypeError("Can't call WebSocket send() after close().");
    this.did.push(['send', data]);
  }
  close(code?: number, reason?: string): void {
    if (code !== undefined && [1004, 1005, 1006, 1015].includes(code)) throw new Error('Invalid WebSocket close code');
    this.did.push(['close', code, reason]);
  }
  isBroken = false;
  says(data: unknown): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data }));
  }
  closes(code: number, reason = ''): void {
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason }));
  }
  get since(): unknown[] {
    return this.did.splice(0);
  }
}

let origin: FakeSocket;
let client: FakeSocket;
const guard = { mayPass: vi.fn(() => true), stop: vi.fn(() => {}) };
let socket: ReturnType<typeof relaySocket>;
let answered: { readonly init: ResponseInit };
beforeEach(() => {
  vi.useFakeTimers();
  [origin, client] = [new FakeSocket(), new FakeSocket()];
  vi.stubGlobal(
    'WebSocketPair',
    class {
      0 = new FakeSocket();
      1 = client;
    },
  );
  // Node's knows no 101.
  vi.stubGlobal(
    'Response',
    class {
      constructor(_: unknown, init: ResponseInit) {
        answered = { init };
      }
    },
  );
  guard.mayPass.mockReset().mockReturnValue(true);
  guard.stop.mockReset();
  const headers = new Headers({
    'sec-websocket-accept': 'of the origin',
    'sec-websocket-extensions': 'permessage-deflate',
    'sec-websocket-protocol': 'chat.v2',
    'x-app': '1',
  });
  const upgraded = { status: 101, statusText: 'Switching Protocols', headers, webSocket: origin };
  socket = relaySocket(upgraded as unknown as Response, guard);
  for (const end of [origin, client]) expect(end.since).toEqual([['accept', { allowHalfOpen: true }, 'arraybuffer']]);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('a relayed socket', () => {
  it('keeps the header of the origin but for what each connection has of its own', () => {
    expect([...(answered.init.headers as Headers)]).toEqual([
      ['sec-websocket-protocol', 'chat.v2'],
      ['x-app', '1'],
    ]);
  });

  it('passes nothing more when it is told so', () => {
    guard.mayPass.mockReturnValue(false);
    origin.says('a');
    client.says('b');
    socket.close(4401, 'session_rejected');
    guard.mayPass.mockReturnValue(true);
    origin.says('c');
    client.says('d');
    for (const end of [origin, client]) expect(end.since).toEqual([['close', 4401, 'session_rejected']]);
    expect(guard.stop).toHaveBeenCalledOnce();
  });

  it('has each close answered by the other side, what is still said in between included', () => {
    client.closes(4000, 'bye');
    expect(origin.since).toEqual([['close', 4000, 'bye']]);
    origin.says('one more');
    expect(client.since).toEqual([['send', 'one more']]);
    expect(guard.stop).not.toHaveBeenCalled();
    origin.closes(4000);
    expect(client.since).toEqual([['close', 4000, '']]);
    expect([guard.stop.mock.calls.length, vi.getTimerCount()]).toEqual([1, 0]);
  });

  it('is over some time after a close that is not answered', () => {
    origin.closes(1000, 'enough');
    expect(client.since).toEqual([['close', 1000, 'enough']]);
    vi.advanceTimersByTime(9_999);
    expect(origin.since).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(origin.since).toEqual([['close', 1000, 'enough']]);
    expect([client.since, guard.stop.mock.calls.length]).toEqual([[], 1]);
  });

  it.each([
    ['a close without a code', (end: FakeSocket) => end.closes(1005), [undefined, undefined], [undefined, undefined]],
    ['a connection that broke', (end: FakeSocket) => end.closes(1006), [1001, ''], [1011, '']],
    ['a handshake that broke', (end: FakeSocket) => end.closes(1015), [1001, ''], [1011, '']],
    ['an error', (end: FakeSocket) => end.dispatchEvent(new Event('error')), [1001, ''], [1011, '']],
  ])('tells the other side of %s with what may be sent', (_, happens, toOrigin, toClient) => {
    happens(client);
    expect(origin.since).toEqual([['close', ...toOrigin]]);
    const other = [...client.since];
    expect(other).toEqual(toOrigin[0] === undefined ? [] : [['close', 1001, '']]);
    [origin, client] = [new FakeSocket(), new FakeSocket()];
    relaySocket({ status: 101, headers: new Headers(), webSocket: origin } as unknown as Response, guard);
    for (const end of [origin, client]) void end.since;
    happens(origin);
    expect(client.since).toEqual([['close', ...toClient]]);
  });

  it('is over when a side takes nothing more', () => {
    origin.isBroken = true;
    client.says('lost');
    for (const end of [origin, client]) expect(end.since).toEqual([['close', 1011, '']]);
    expect(guard.stop).toHaveBeenCalledOnce();
  });
});
