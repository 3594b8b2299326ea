import { describe, expect, it } from 'vitest';
import { judgeBinding } from '../../../../shared/session/request/binding.ts';
import { createFingerprints, deviceLabel, userAgentFamily } from '../../../../shared/session/request/fingerprint.ts';

const agents = {
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  chrome:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  edge: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0',
  safari:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  curl: 'curl/8.14.1',
};

describe('a client is recognised coarsely', () => {
  it.each(Object.entries(agents))('%s is told from the others', (family, agent) => {
    expect(userAgentFamily(agent)).toBe(family);
  });
  it('an update of the browser is no other browser', () => {
    expect(userAgentFamily(agents.firefox.replaceAll('140', '141'))).toBe('firefox');
  });
  it('a client that says nothing is unknown, and one that says too much is cut short', () => {
    expect(userAgentFamily('')).toBe('unknown');
    expect(userAgentFamily('x'.repeat(10_000)).length).toBeLessThanOrEqual(32);
  });
  it('its label is what a person would say', () => {
    expect(deviceLabel(agents.firefox)).toBe('Firefox on Linux');
    expect(deviceLabel(agents.safari)).toBe('Safari on iPhone');
    expect(deviceLabel(agents.curl)).toBe('Curl');
    expect(deviceLabel('')).toBe('Unknown client');
  });
});

describe('binding', () => {
  const prefix = { ipv4Prefix: 24, ipv6Prefix: 48 };
  const fingerprintOf = createFingerprints(prefix);
  const at = (userAgent: string, address: string) => fingerprintOf({ userAgent, address });
  const notify = { userAgent: 'notify', network: 'off', ...prefix } as const;
  it('says nothing of an address that moved inside its network', () => {
    const strict = { userAgent: 'strict', network: 'strict', ...prefix } as const;
    expect(judgeBinding(at(agents.curl, '203.0.113.9'), () => at(agents.curl, '203.0.113.77'), strict)).toEqual({
      kind: 'same',
    });
  });
  it('notices another browser, and asks for nothing unless it is strict', () => {
    const verdict = judgeBinding(at(agents.curl, '203.0.113.9'), () => at(agents.firefox, '203.0.113.9'), notify);
    expect(verdict).toEqual({ kind: 'changed', what: ['user-agent'], strict: false });
  });
  it('asks for a new login where it is strict about what changed', () => {
    const strict = { userAgent: 'notify', network: 'strict', ...prefix } as const;
    expect(judgeBinding(at(agents.curl, '203.0.113.9'), () => at(agents.curl, '198.51.100.1'), strict)).toEqual({
      kind: 'changed',
      what: ['network'],
      strict: true,
    });
  });
  it('binds nothing to what is not known', () => {
    const strict = { userAgent: 'off', network: 'strict', ...prefix } as const;
    expect(judgeBinding({ userAgent: 'curl', network: '' }, () => at(agents.curl, '203.0.113.9'), strict)).toEqual({
      kind: 'same',
    });
  });
});
