import { expect, it } from 'vitest';
import { escapeHtml, pageReply } from '../../../shared/http/page.ts';

it('what comes from outside cannot become markup', () => {
  expect(escapeHtml(`<a href="x" on='y'>&`)).toBe('&#60;a href=&#34;x&#34; on=&#39;y&#39;&#62;&#38;');
});

it('the title is escaped, scripts run under a nonce only, and forms go where they may', async () => {
  const reply = pageReply({
    status: 418,
    title: '<b>',
    body: '<p>x</p>',
    script: 'go()',
    formTargets: ['https://shop.example'],
  });
  const text = await reply.text();
  const policy = reply.headers.get('content-security-policy') as string;
  const nonce = /script-src 'nonce-([\w-]{22})'/.exec(policy)?.[1];
  expect(reply.status).toBe(418);
  expect(text).toContain('<h1>&#60;b&#62;</h1>');
  expect(text).toContain(`<script nonce="${nonce}">go()</script>`);
  expect(policy).toContain("form-action 'self' https://shop.example;");
});

it('no two pages share a nonce', () => {
  const policyOf = () => pageReply({ status: 200, title: '', body: '' }).headers.get('content-security-policy');
  expect(policyOf()).not.toBe(policyOf());
});
