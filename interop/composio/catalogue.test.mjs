// Toolkits and tools, as the SDK lists them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Twin, refused } from './twin.mjs';

let twin, toolkits, tools;
before(async () => {
  twin = await Twin.start();
  ({ toolkits, tools } = twin.composio);
});
after(() => twin.stop());

test('all toolkits come page by page, each once', async () => {
  const { client } = twin.composio;
  const seen = new Set();
  let cursor, pages = 0;
  do {
    const query = { limit: 300, ...(cursor && { cursor }) };
    const items = await toolkits.get({ ...query, sortBy: 'alphabetically' });
    for (const item of items) seen.add(item.slug);
    // The SDK keeps the cursor to itself, its client does not.
    const page = await client.toolkits.list({ ...query, sort_by: 'alphabetically' });
    assert.deepEqual(page.items.map((item) => item.slug), items.map((item) => item.slug));
    cursor = page.next_cursor;
    pages += 1;
    if (!cursor) assert.deepEqual([page.total_items, page.total_pages], [seen.size, pages]);
  } while (cursor);
  assert.ok(pages > 3 && seen.has('gmail') && seen.has('lantern_erp'), `${pages} pages`);
});

test('toolkits are found by category and by who manages their auth', async () => {
  const { items } = await toolkits.listCategories();
  const [{ id }] = items;
  const found = await toolkits.get({ category: id, limit: 50 });
  assert.ok(found.length > 0);
  for (const one of found) assert.ok(one.meta.categories.some((category) => category.slug === id), one.slug);
  for (const one of await toolkits.get({ managedBy: 'composio', limit: 50 })) {
    assert.ok(one.composioManagedAuthSchemes.length > 0, one.slug);
  }
});

test('a toolkit says what its auth config and its accounts need', async () => {
  const gmail = await toolkits.get('gmail');
  assert.deepEqual([gmail.slug, gmail.composioManagedAuthSchemes], ['gmail', ['OAUTH2']]);
  assert.ok(gmail.meta.toolsCount > 0 && gmail.meta.availableVersions.length > 0);
  const names = (fields) => fields.map((field) => field.name);
  const required = await toolkits.getAuthConfigCreationFields('gmail', 'OAUTH2', { requiredOnly: true });
  assert.deepEqual(names(required), ['client_id', 'client_secret']);
  const all = await toolkits.getAuthConfigCreationFields('gmail', 'OAUTH2');
  assert.deepEqual(names(all).slice(2), ['oauth_redirect_uri', 'scopes']);
  const typed = async (...scheme) => names(await toolkits.getConnectedAccountInitiationFields(...scheme));
  assert.deepEqual(await typed('freshdesk', 'BASIC'), ['username', 'password', 'subdomain']);
  assert.deepEqual(await typed('pinecone', 'API_KEY'), ['generic_api_key']);
});

test('an unknown toolkit is not found', async () => {
  const error = await refused(toolkits.get('no_such_toolkit'));
  const expected = ['ComposioToolkitNotFoundError', 'TS-SDK::TOOLKIT_NOT_FOUND', 404];
  assert.deepEqual([error.name, error.code, error.status], expected);
});

test('all tools of a large toolkit come page by page', async () => {
  const whole = await tools.getRawComposioTools({ toolkits: ['lantern_erp'], limit: 1000 });
  const slugs = new Set(whole.map((tool) => tool.slug));
  assert.equal(slugs.size, 138);
  const { client } = twin.composio;
  const paged = [];
  let cursor;
  do {
    const page = await client.tools.list({ toolkit_slug: 'lantern_erp', limit: 50, ...(cursor && { cursor }) });
    paged.push(...page.items.map((tool) => tool.slug));
    cursor = page.next_cursor;
  } while (cursor);
  assert.deepEqual(new Set(paged), slugs);
  assert.equal(paged.length, 138);
});

test('tools are found by toolkit, slug, words and tags', async () => {
  const slugs = async (query) => (await tools.getRawComposioTools(query)).map((tool) => tool.slug);
  const important = await slugs({ toolkits: ['gmail', 'slack'] });
  assert.ok(important.includes('GMAIL_SEND_EMAIL') && important.some((slug) => slug.startsWith('SLACK_')));
  const named = ['GMAIL_SEND_EMAIL', 'LANTERN_ERP_LIST_ITEMS'];
  assert.deepEqual((await slugs({ tools: [...named, 'NO_SUCH_TOOL'] })).sort(), named);
  assert.equal((await slugs({ search: 'sends an email', toolkits: ['gmail'], limit: 3 }))[0], 'GMAIL_SEND_EMAIL');
  const reading = await slugs({ toolkits: ['gmail'], tags: ['readOnlyHint'] });
  assert.ok(reading.includes('GMAIL_FETCH_EMAILS') && !reading.includes('GMAIL_SEND_EMAIL'), `${reading}`);
  const config = await twin.managed('notion');
  assert.ok((await slugs({ authConfigIds: [config] })).every((slug) => slug.startsWith('NOTION_')));
});

test('every tool of the first toolkits has a schema that the SDK takes', async () => {
  for (const { slug } of await toolkits.get({ limit: 60 })) {
    const found = await tools.getRawComposioTools({ toolkits: [slug], limit: 1000 });
    assert.ok(found.length > 0, slug);
    for (const tool of found) assert.equal(tool.inputParameters.type, 'object', tool.slug);
  }
});

test('one tool comes in the version that is asked for', async () => {
  const tool = await tools.getRawComposioToolBySlug('GMAIL_SEND_EMAIL');
  assert.deepEqual(tool.inputParameters.required, ['recipient_email', 'subject', 'body']);
  assert.equal(tool.toolkit.slug, 'gmail');
  const [first] = tool.availableVersions;
  assert.equal((await tools.getRawComposioToolBySlug('GMAIL_SEND_EMAIL', { version: first })).version, first);
  const unknown = [
    tools.getRawComposioToolBySlug('GMAIL_NO_SUCH_TOOL'),
    tools.getRawComposioToolBySlug('GMAIL_SEND_EMAIL', { version: '19700101_00' }),
  ];
  for (const one of unknown) {
    const error = await refused(one);
    const expected = ['ComposioToolNotFoundError', 'TS-SDK::TOOL_NOT_FOUND', 404];
    assert.deepEqual([error.name, error.code, error.status], expected);
  }
});

test('a wrong key opens nothing', async () => {
  const error = await refused(twin.sdk('ak_of_somebody_else').authConfigs.list());
  assert.deepEqual([error.name, error.status], ['AuthenticationError', 401]);
});
