// Composio's twin as `bbi serve --sandbox` starts it, and Composio's own SDK for it.
import assert from 'node:assert/strict';
import { Composio } from '@composio/core';

import { Bbi } from '../bbi.mjs';

const KEY = 'ak_sandbox_composio_key';

/** What the SDK warned of. An answer that does not fit what it expects is a warning there, not an error. */
const warnings = [];
for (const level of ['warn', 'error']) console[level] = (...words) => warnings.push(words.map(String).join(' '));

export class Twin {
  static async start() {
    const bbi = await Bbi.start(['--sandbox'], {}, 'twitter {');
    const base = bbi.labelled('Twins (users, faults, ledger):');
    const twin = Object.assign(new Twin(), { bbi, base });
    twin.composio = twin.sdk(KEY);
    return twin;
  }

  /** The SDK with a key; it tells nobody of itself. */
  sdk(apiKey) {
    const baseURL = `${this.base}backend.composio.dev`;
    return new Composio({ apiKey, baseURL, allowTracking: false, disableVersionCheck: true });
  }

  async stop() {
    await this.bbi.stop();
    assert.deepEqual(warnings, [], 'the SDK warned of something');
  }

  /** A warning that belongs to a test is none at its end. */
  warned(part) {
    const found = warnings.findIndex((warning) => warning.includes(part));
    assert.notEqual(found, -1, `no warning of "${part}" in ${JSON.stringify(warnings)}`);
    warnings.splice(found, 1);
  }

  /** A command of the sandbox, see its page. */
  async command(name, fields) {
    const options = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(fields) };
    const response = await fetch(`${this.base}_sandbox/${name}`, options);
    assert.ok(response.ok, `${name}: ${await response.text()}`);
  }

  fault(matcher, what, times) {
    return this.command('inject', { provider: 'COMPOSIO', matcher, what, times });
  }

  /** What was asked of the twin while `act` ran, as the names of the operations, and what `act` came to. */
  async asked(act) {
    await this.command('clear_ledger', {});
    const [outcome] = await Promise.allSettled([act()]);
    const { entries } = await (await fetch(`${this.base}_sandbox/ledger`)).json();
    return { ...outcome, asked: entries.map((entry) => entry.operation) };
  }

  /** Does in two requests what a person does at a link: looks at the page, decides. Returns where she is sent. */
  async decide(link, decision, filled = {}) {
    const page = await fetch(link);
    assert.equal(page.status, 200, await page.text());
    const wanted = page.headers.get('x-sandbox-fields')?.split(',') ?? [];
    assert.deepEqual(Object.keys(filled).filter((name) => name !== 'account'), wanted);
    const body = new URLSearchParams({ request: page.headers.get('x-sandbox-request'), decision, ...filled });
    const decided = await fetch(link, { method: 'POST', body, redirect: 'manual' });
    assert.equal(decided.status, 303, await decided.text());
    return new URL(decided.headers.get('location'));
  }

  /** An active account of `user`, who is the seed user `person`. */
  async connected(authConfig, user, person) {
    const request = await this.composio.connectedAccounts.link(user, authConfig);
    await this.decide(request.redirectUrl, 'allow', { account: person });
    return request.waitForConnection();
  }

  async managed(toolkit) {
    const options = { type: 'use_composio_managed_auth', name: toolkit };
    return (await this.composio.authConfigs.create(toolkit, options)).id;
  }
}

/** What is thrown: name, code of the SDK or of the twin, status. */
export async function refused(promise) {
  const error = await promise.then(
    () => assert.fail('it was not refused'),
    (error) => error,
  );
  const cause = error.cause?.status ? error.cause : error;
  const answer = cause.error?.error;
  if (answer) assert.ok(!answer.message.startsWith('sandbox:'), answer.message);
  const { slug, message } = answer ?? {};
  return { name: error.constructor.name, code: error.code, status: cause.status, slug, message };
}
