// Connected accounts: by a link that a person follows, or with a key that the app has already.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AuthScheme } from '@composio/core';

import { Twin, refused } from './twin.mjs';

const BACK = 'http://127.0.0.1:9/back?own=1';

let twin, connectedAccounts;
before(async () => {
  twin = await Twin.start();
  ({ connectedAccounts } = twin.composio);
});
after(() => twin.stop());

const keyed = async () => {
  const options = { type: 'use_custom_auth', name: 'keys', authScheme: 'API_KEY', credentials: {} };
  return (await twin.composio.authConfigs.create('pinecone', options)).id;
};
const status = async (id) => (await connectedAccounts.get(id)).status;

test('a person follows a link and the account is active', async () => {
  const config = await twin.managed('gmail');
  const request = await connectedAccounts.link('user-1', config, { callbackUrl: BACK, alias: 'work' });
  const pending = await connectedAccounts.get(request.id);
  assert.deepEqual([pending.status, pending.state.val.redirectUrl], ['INITIATED', request.redirectUrl]);

  const waiting = request.waitForConnection(10_000);
  const back = await twin.decide(request.redirectUrl, 'allow', { account: 'grace' });
  assert.equal(back.href, `${BACK}&status=success&connected_account_id=${request.id}`);
  const account = await waiting;
  assert.deepEqual([account.status, account.toolkit.slug, account.alias], ['ACTIVE', 'gmail', 'work']);
  assert.deepEqual([account.authConfig.id, account.authConfig.isComposioManaged], [config, true]);
  assert.equal(account.state.val.access_token, 'REDACTED');

  const listed = await connectedAccounts.list({ userIds: ['user-1'], toolkitSlugs: ['gmail'], statuses: ['ACTIVE'] });
  assert.deepEqual(listed.items.map((one) => one.id), [request.id]);
  const again = await refused(connectedAccounts.link('user-1', config));
  assert.equal(again.code, 'TS-SDK::MULTIPLE_CONNECTED_ACCOUNTS');
  await connectedAccounts.link('user-1', config, { allowMultiple: true });
  twin.warned('[Warn:AllowMultiple]');
});

test('a person who denies ends the waiting', async () => {
  const request = await connectedAccounts.link('user-2', await twin.managed('slack'));
  const back = await twin.decide(request.redirectUrl, 'deny');
  assert.equal(back.searchParams.get('status'), 'failed');
  assert.equal((await refused(request.waitForConnection())).code, 'TS-SDK::CONNECTION_REQUEST_FAILED');
  const account = await connectedAccounts.get(request.id);
  assert.deepEqual([account.status, account.state.val.status], ['FAILED', 'FAILED']);
});

test('a person types the key at the link', async () => {
  const request = await connectedAccounts.link('user-3', await keyed());
  await twin.decide(request.redirectUrl, 'allow', { generic_api_key: 'a-key-that-is-typed' });
  const account = await request.waitForConnection();
  assert.deepEqual([account.status, account.state.authScheme], ['ACTIVE', 'API_KEY']);
  assert.ok(!JSON.stringify(account).includes('a-key-that-is-typed'));
});

test('a key that the app has already connects at once', async () => {
  const config = AuthScheme.APIKey({ api_key: 'the-users-own-key' });
  const request = await connectedAccounts.initiate('user-4', await keyed(), { config });
  assert.deepEqual([request.status, request.redirectUrl], ['ACTIVE', null]);
  assert.equal((await request.waitForConnection()).status, 'ACTIVE');
});

test('tokens of one\'s own app may be handed over, or asked for', async () => {
  const credentials = { client_id: 'c', client_secret: 'a-long-secret' };
  const options = { type: 'use_custom_auth', name: 'own', authScheme: 'OAUTH2', credentials };
  const { id } = await twin.composio.authConfigs.create('github', options);
  const handed = await connectedAccounts.initiate('user-5', id, {
    config: AuthScheme.OAuth2({ access_token: 'the-users-own-token', status: 'ACTIVE' }),
  });
  assert.equal((await connectedAccounts.get(handed.id)).state.val.status, handed.status);
  const asked = await connectedAccounts.initiate('user-6', id, { callbackUrl: BACK });
  assert.equal(asked.status, 'INITIATED');
  await twin.decide(asked.redirectUrl, 'allow', { account: 'ada' });
  assert.equal((await asked.waitForConnection()).status, 'ACTIVE');
});

test('the retired endpoint is told apart', async () => {
  const config = await twin.managed('notion');
  const error = await refused(connectedAccounts.initiate('user-7', config));
  assert.equal(error.code, 'TS-SDK::LEGACY_CONNECTED_ACCOUNTS_ENDPOINT_RETIRED');
});

test('an account is disabled, enabled and deleted', async () => {
  const { id } = await twin.connected(await twin.managed('gmail'), 'user-8', 'ada');
  await connectedAccounts.disable(id);
  const disabled = await connectedAccounts.get(id);
  assert.deepEqual([disabled.status, disabled.isDisabled], ['INACTIVE', true]);
  await connectedAccounts.enable(id);
  assert.equal(await status(id), 'ACTIVE');
  assert.equal((await connectedAccounts.refresh(id)).status, 'ACTIVE');
  await connectedAccounts.delete(id);
  for (const act of [() => connectedAccounts.get(id), () => connectedAccounts.refresh(id)]) {
    assert.equal((await refused(act())).status, 404);
  }
  const waited = await refused(connectedAccounts.waitForConnection(id));
  assert.equal(waited.code, 'TS-SDK::CONNECTED_ACCOUNT_NOT_FOUND');
});

test('an expired account is connected again by a refresh', async () => {
  const { id } = await twin.connected(await twin.managed('gmail'), 'user-9', 'ada');
  await twin.command('set_composio_account_status', { id, status: 'EXPIRED' });
  const expired = await connectedAccounts.get(id);
  assert.deepEqual([expired.status, expired.state.val.status], ['EXPIRED', 'EXPIRED']);
  const fresh = await connectedAccounts.refresh(id, { redirectUrl: BACK });
  assert.equal(fresh.status, 'INITIATED');
  const back = await twin.decide(fresh.redirect_url, 'allow', { account: 'ada' });
  assert.equal(back.href, `${BACK}&status=success&connected_account_id=${id}`);
  assert.equal(await status(id), 'ACTIVE');
});

test('in every state an account has a shape that the SDK takes', async () => {
  const made = [
    await twin.connected(await twin.managed('gmail'), 'user-10', 'ada'),
    await connectedAccounts.initiate('user-10', await keyed(), { config: AuthScheme.APIKey({ api_key: 'k' }) }),
  ];
  for (const { id } of made) {
    for (const status of ['EXPIRED', 'FAILED', 'INACTIVE', 'REVOKED', 'INITIALIZING', 'ACTIVE']) {
      await twin.command('set_composio_account_status', { id, status });
      const account = await connectedAccounts.get(id);
      assert.equal(account.status, status);
      assert.ok(account.state, `an account that is ${status} has a state`);
    }
  }
});

test('accounts come page by page, the latest first', async () => {
  const config = await twin.managed('discord');
  const made = [];
  for (const user of ['page-1', 'page-2', 'page-3']) made.unshift((await twin.connected(config, user, 'ada')).id);
  const query = { authConfigIds: [config], orderBy: 'created_at', limit: 2 };
  const first = await connectedAccounts.list(query);
  const second = await connectedAccounts.list({ ...query, cursor: first.nextCursor });
  assert.deepEqual([...first.items, ...second.items].map((one) => one.id), made);
  assert.deepEqual([first.totalPages, second.nextCursor], [2, null]);
});
