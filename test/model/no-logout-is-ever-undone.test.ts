import { test, vi } from 'vitest';
import { createMemoryStore } from '../../shared/session/memory-store.ts';
import { minuteMs, sessionSettings, storedStrategy } from '../support/session-parts.ts';
import * as does from './actors.ts';
import { inDynamoDb, inOneStore } from './places.ts';
import { beginModel } from './sessions-model.ts';
import { createStillCrypto } from './still-crypto.ts';
import { walk } from './walk.ts';

const settings = sessionSettings({ rotate: { everyMs: minuteMs, graceMs: 30_000 } });
const mem = () => inOneStore(createMemoryStore), dyn = () => inDynamoDb(), two = () => inDynamoDb(['eu', 'us']);
const L = (a: string) => ({ act: does.comeLate, after: a });
const run = async (name: string, place: any, actors: any, more: any = {}) => {
    const t = Date.now();
    const r = await walk(() => {
      const s = createStillCrypto();
      vi.stubGlobal('crypto', s.crypto);
      return beginModel({ place, strategy: storedStrategy, settings, actors, ...more }, s);
    });
    console.log(name, JSON.stringify(r, null, 1), Date.now() - t);
};
test('x', async () => {
  vi.stubGlobal('setTimeout', (fn: any) => queueMicrotask(fn));
  const { visit, save, rotate, logout, login, touch, logoutEverywhere, endEveryone, endOthers, saveByService } = does;
  for (const [n, p] of [['mem', mem], ['dyn', dyn]] as any) {
  await run(n+' visit rotate logout late', p, { visit, rotate, logout, late: L('logout') });
  await run(n+' login visit logoutEverywhere late', p, { login: {act: login, later: 1}, visit, logoutEverywhere, late: L('logoutEverywhere') });
  await run(n+' login everyone save', p, { login, save, endEveryone, late: L('endEveryone') });
  await run(n+' endOthers save logout', p, { endOthers, saveByService, logout });
  await run(n+' login touch endOthers', p, { login, touch, endOthers });
  }
  for (const [n, p] of [['mem', mem], ['dyn', dyn]] as any) {
  await run(n+' lost visit save', p, { visit, save }, { promise: 'nobody-is-lost' });
  await run(n+' lost visit visit', p, { visit, visit2: visit }, { promise: 'nobody-is-lost' });
  
  }
  await run('two', two, { visit: {act: visit, region: 'us'}, logout });
  await run('two', two, { save: {act: save, region: 'us'}, logout, late: L('logout') });
  await run('two', two, { save: {act: save, region: 'us'}, logout, logout2: {act: logout, region: 'us'} });
  await run('two', two, { login: {act: login, region: 'us'}, logoutEverywhere});
  await run('two', two, { e1: {act: logoutEverywhere, region: 'us', later: 5}, logoutEverywhere, login: {act: login, later: 3}});
  await run('two impatient', two, { logout, touch: {act: touch, region: 'us'}, late: {...L('logout'), region: 'us'}}, {impatient: true});
}, 300000);
