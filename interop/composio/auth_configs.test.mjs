// Auth configs: made, found, changed, disabled, deleted.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Twin, refused } from './twin.mjs';

const CLIENT = { client_id: 'client-1', client_secret: 'a-long-secret-of-one' };

let twin, authConfigs;
before(async () => {
  twin = await Twin.start();
  ({ authConfigs } = twin.composio);
});
after(() => twin.stop());

const own = (toolkit, authScheme, credentials) =>
  authConfigs.create(toolkit, { type: 'use_custom_auth', name: `own ${toolkit}`, authScheme, credentials });

test('a managed auth config has the scopes it was given, and gets others', async () => {
  const scopes = ['https://www.googleapis.com/auth/gmail.readonly'];
  const made = await authConfigs.create('gmail', {
    type: 'use_composio_managed_auth',
    name: 'Reading',
    credentials: { scopes },
    toolAccessConfig: { toolsForConnectedAccountCreation: ['GMAIL_FETCH_EMAILS'] },
  });
  assert.deepEqual([made.authScheme, made.isComposioManaged, made.toolkit], ['OAUTH2', true, 'gmail']);
  const before = await authConfigs.get(made.id);
  assert.deepEqual([before.name, before.status, before.noOfConnections], ['Reading', 'ENABLED', 0]);
  assert.deepEqual(before.credentials.scopes, scopes);
  assert.deepEqual(before.toolAccessConfig.toolsForConnectedAccountCreation, ['GMAIL_FETCH_EMAILS']);

  await authConfigs.update(made.id, { type: 'default', scopes: 'a,b' });
  const after = await authConfigs.get(made.id);
  assert.equal(after.credentials.scopes, 'a,b');
  assert.deepEqual(after.toolAccessConfig, before.toolAccessConfig, 'what is not named stays');
});

test('the credentials of one\'s own app are masked, and rotated one by one', async () => {
  const made = await own('github', 'OAUTH2', { ...CLIENT, scopes: 'repo' });
  assert.deepEqual([made.authScheme, made.isComposioManaged], ['OAUTH2', false]);
  const before = await authConfigs.get(made.id);
  assert.equal(before.credentials.client_id, CLIENT.client_id);
  assert.ok(!JSON.stringify(before).includes(CLIENT.client_secret), 'nobody reads the secret again');
  assert.match(before.credentials.oauth_redirect_uri, /\/api\/v3\.1\/toolkits\/auth\/callback$/);

  await authConfigs.update(made.id, { type: 'custom', credentials: { client_secret: 'other-secret-of-one' } });
  const after = await authConfigs.get(made.id);
  assert.notEqual(after.credentials.client_secret, before.credentials.client_secret);
  const rest = ({ client_secret, ...rest }) => rest;
  assert.deepEqual(rest(after.credentials), rest(before.credentials), 'what is not named stays');
  const mixed = await refused(authConfigs.update(made.id, { type: 'default', scopes: 'a' }));
  assert.deepEqual([mixed.name, mixed.status], ['BadRequestError', 400]);
});

test('a toolkit with keys gets an auth config without credentials', async () => {
  const made = await own('pinecone', 'API_KEY', {});
  assert.deepEqual([made.authScheme, made.toolkit], ['API_KEY', 'pinecone']);
});

test('what a toolkit does not offer is refused', async () => {
  const managed = await refused(authConfigs.create('pinecone'));
  assert.deepEqual([managed.name, managed.slug], ['BadRequestError', 'Auth_Config_DefaultAuthConfigNotFound']);
  const none = await refused(authConfigs.create('hackernews'));
  assert.deepEqual([none.name, none.slug], ['BadRequestError', 'Auth_Config_NoAuthApp']);
  const lacking = await refused(own('shopify', 'OAUTH2', { client_secret: 'only' }));
  assert.match(lacking.message, /^Missing required field "Client id" for auth scheme "OAUTH2"/);
});

test('auth configs are listed by toolkit, words and pages, disabled ones only where they are asked for', async () => {
  const ids = [];
  for (const name of ['List one', 'List two', 'List three']) {
    ids.push((await authConfigs.create('slack', { type: 'use_composio_managed_auth', name })).id);
  }
  const listed = async (query) => (await authConfigs.list({ toolkit: 'slack', ...query })).items.map((one) => one.id);
  assert.deepEqual(new Set(await listed()), new Set(ids));
  assert.deepEqual(await listed({ search: 'list TWO' }), [ids[1]]);
  assert.deepEqual(await listed({ isComposioManaged: false }), []);
  const first = await authConfigs.list({ toolkit: 'slack', limit: 2 });
  const second = await authConfigs.list({ toolkit: 'slack', limit: 2, cursor: first.nextCursor });
  assert.deepEqual([first.items.length, second.items.length, second.nextCursor, first.totalPages], [2, 1, null, 2]);

  await authConfigs.disable(ids[0]);
  assert.equal((await authConfigs.get(ids[0])).status, 'DISABLED');
  assert.ok(!(await listed()).includes(ids[0]));
  assert.ok((await listed({ showDisabled: true })).includes(ids[0]));
  await authConfigs.enable(ids[0]);
  assert.ok((await listed()).includes(ids[0]));
});

test('a deleted auth config is gone', async () => {
  const id = await twin.managed('gmail');
  await authConfigs.delete(id);
  for (const act of [() => authConfigs.get(id), () => authConfigs.delete(id)]) {
    const error = await refused(act());
    assert.deepEqual([error.name, error.status], ['NotFoundError', 404]);
  }
});
