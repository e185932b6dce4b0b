// Tools that are executed, and what happens in trouble.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { Twin, refused } from './twin.mjs';

const MAIL = { recipient_email: 'alan@example.com', subject: 'From an SDK', body: 'Hello' };

let twin, tools, account;
before(async () => {
  twin = await Twin.start();
  ({ tools } = twin.composio);
  account = (await twin.connected(await twin.managed('gmail'), 'grace', 'grace')).id;
});
beforeEach(() => twin.command('clear_faults', {}));
after(() => twin.stop());

const latest = { dangerouslySkipVersionCheck: true };
const send = (more) => tools.execute('GMAIL_SEND_EMAIL', { userId: 'grace', arguments: MAIL, ...latest, ...more });

test('what one tool writes another one finds', async () => {
  const sent = await send({ connectedAccountId: account });
  assert.deepEqual([sent.successful, sent.error], [true, null]);
  assert.ok(sent.logId);
  const query = { userId: 'grace', arguments: { query: 'from an sdk' }, ...latest };
  const found = await tools.execute('GMAIL_FETCH_EMAILS', query);
  assert.deepEqual(found.data.messages.map((one) => one.messageId), [sent.data.id]);
});

test('a version is wanted, and one that is named will do', async () => {
  const none = await refused(tools.execute('GMAIL_SEND_EMAIL', { userId: 'grace', arguments: MAIL }));
  assert.equal(none.code, 'TS-SDK::TOOL_VERSION_REQUIRED');
  const [version] = (await twin.composio.toolkits.get('gmail')).meta.availableVersions;
  assert.ok((await tools.execute('GMAIL_SEND_EMAIL', { userId: 'grace', arguments: MAIL, version })).successful);
});

test('a tool that needs no account runs without one', async () => {
  const [tool] = await tools.getRawComposioTools({ toolkits: ['hackernews'], limit: 1, tags: ['readOnlyHint'] });
  assert.ok(tool.isNoAuth);
  const ran = await tools.execute(tool.slug, { userId: 'anybody', arguments: {}, ...latest });
  assert.equal(typeof ran.successful, 'boolean');
});

test('arguments that do not fit are no error of the call', async () => {
  const { subject, ...rest } = MAIL;
  const answer = await send({ arguments: rest });
  assert.deepEqual([answer.successful, answer.data], [false, {}]);
  assert.equal(answer.error, "Invalid request data provided - Following fields are missing: {'subject'}");
});

test('an unknown tool is not found', async () => {
  const error = await refused(tools.execute('GMAIL_NO_SUCH_TOOL', { userId: 'grace', arguments: {}, ...latest }));
  assert.deepEqual([error.code, error.status], ['TS-SDK::TOOL_NOT_FOUND', 404]);
});

test('without the user\'s own active account nothing is executed', async () => {
  const cases = [
    [{ userId: 'nobody' }, 404, 'ActionExecute_ConnectedAccountNotFound'],
    [{ userId: 'ada', connectedAccountId: account }, 400, 'ActionExecute_ConnectedAccountEntityIdMismatch'],
    [{ userId: undefined, connectedAccountId: account }, 400, 'ActionExecute_ConnectedAccountEntityIdRequired'],
    [{ connectedAccountId: 'ca_nowhere' }, 404, 'ActionExecute_ConnectedAccountNotFound'],
  ];
  for (const [body, status, slug] of cases) {
    const error = await refused(send(body));
    assert.deepEqual([error.code, error.status, error.slug], ['TS-SDK::TOOL_EXECUTION_ERROR', status, slug]);
  }
});

test('an account that has expired or is disabled executes nothing', async () => {
  for (const [state, status, slug] of [
    ['EXPIRED', 410, 'ActionExecute_ConnectedAccountExpired'],
    ['INACTIVE', 422, 'ActionExecute_ConnectedAccountNotActive'],
  ]) {
    await twin.command('set_composio_account_status', { id: account, status: state });
    const error = await refused(send({ connectedAccountId: account }));
    assert.deepEqual([error.status, error.slug], [status, slug]);
  }
  await twin.command('set_composio_account_status', { id: account, status: 'ACTIVE' });
});

test('a read is tried again after 429 and 500', async () => {
  for (const what of ['status500', { status429: { retry_after: 0 } }]) {
    await twin.fault('GET backend.composio.dev/api/v3.1/auth_configs', what, 2);
    const { status, asked } = await twin.asked(() => twin.composio.authConfigs.list());
    assert.equal(status, 'fulfilled');
    assert.equal(asked.length, 3, `${asked}`);
  }
});

test('a read gives up after three times', async () => {
  for (const [what, name] of [
    ['status500', 'InternalServerError'],
    [{ status429: { retry_after: 0 } }, 'RateLimitError'],
  ]) {
    await twin.command('clear_faults', {});
    await twin.fault('GET backend.composio.dev/api/v3.1/auth_configs', what);
    const { reason, asked } = await twin.asked(() => twin.composio.authConfigs.list());
    assert.deepEqual([reason.constructor.name, asked.length], [name, 3]);
  }
});

test('an execution is never tried again', async () => {
  for (const [what, status] of [['status500', 500], [{ status429: { retry_after: 0 } }, 429], ['html502', 502]]) {
    await twin.fault('/api/v3.1/tools/execute/', what, 1);
    const { reason, asked } = await twin.asked(() => send());
    assert.deepEqual([reason.code, reason.cause.status], ['TS-SDK::TOOL_EXECUTION_ERROR', status]);
    assert.equal(asked.length, 2, `${asked}: the tool is read, then executed`);
  }
  for (const what of ['reset_before', 'reset_after']) {
    await twin.fault('/api/v3.1/tools/execute/', what, 1);
    const { reason, asked } = await twin.asked(() => send());
    assert.deepEqual([reason.code, asked.length], ['TS-SDK::TOOL_EXECUTION_ERROR', 2]);
  }
});
