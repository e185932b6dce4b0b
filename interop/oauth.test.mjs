// A toolkit from a folder, with an app's own client, at a certified authorization server: connect, refresh with
// rotation, a refresh token that is stolen, disconnect.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import Provider from 'oidc-provider';

import { Bbi, Browser } from './bbi.mjs';

const CLIENT = { client_id: 'acme-client', client_secret: 's3cret with +/%&=: in it' };
const FILES = ['toolkit.toml', 'tools/who_am_i.toml'];

/** The toolkit's folder with the provider's real place in it. */
async function toolkits(place) {
  const folder = await mkdtemp(path.join(tmpdir(), 'toolkits-'));
  await mkdir(path.join(folder, 'acme/tools'), { recursive: true });
  for (const file of FILES) {
    const text = await readFile(path.join(import.meta.dirname, 'acme', file), 'utf8');
    await writeFile(path.join(folder, 'acme', file), text.replaceAll('PROVIDER', place));
  }
  return folder;
}

function provider(issuer, redirect) {
  const seconds = { AccessToken: 3600, Grant: 3600, Interaction: 600, RefreshToken: 3600, Session: 3600 };
  return new Provider(issuer, {
    clients: [{ ...CLIENT, redirect_uris: [redirect], grant_types: ['authorization_code', 'refresh_token'] }],
    claims: { openid: ['sub'], email: ['email'] },
    features: { revocation: { enabled: true } },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: `${id}@example.com` }) }),
    pkce: { required: () => true },
    rotateRefreshToken: true,
    ttl: seconds,
  });
}

/** What the provider did, as `event` names with how often. */
function watch(provider) {
  const seen = {};
  for (const event of ['grant.success', 'grant.error', 'grant.revoked', 'refresh_token.consumed', 'refresh_token.saved']) {
    provider.on(event, () => (seen[event] = (seen[event] ?? 0) + 1));
  }
  return seen;
}

async function started() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const place = `127.0.0.1:${server.address().port}`;
  const folder = await toolkits(place);
  const binary = path.resolve(process.env.BBI ?? '../target/debug/bbi');
  const made = (...words) => execFileSync(binary, ['vault', ...words], { encoding: 'utf8' }).trim();
  const platform = made('new-platform-key');
  const bbi = await Bbi.start(['--toolkits', folder], {
    BBI_VAULT_KEYS: made('new-key'),
    BBI_PLATFORM_KEY: platform,
    BBI_OUTBOUND__ALLOW_PRIVATE: place,
  });
  const app = await bbi.call('POST', '/init', platform, { name: 'Interop' });
  const call = (method, route, body) => bbi.call(method, `/v1/${app.app_id}/integrations${route}`, app.api_key, body);
  const configured = await call('POST', '/configure', { toolkit: 'acme', oauth_credentials: CLIENT });
  const oidc = provider(`http://${place}`, configured.redirect_uri);
  const answer = oidc.callback();
  // Access tokens that the provider's API takes no longer, and the one it saw last.
  const ended = new Set();
  let last;
  server.on('request', (request, response) => {
    if (request.url !== '/me') return answer(request, response);
    last = request.headers.authorization;
    if (!ended.has(last)) return answer(request, response);
    response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"invalid_token"}');
  });
  const endToken = () => ended.add(last);
  const stop = async () => {
    await bbi.stop();
    server.close();
    server.closeAllConnections();
    await rm(folder, { recursive: true });
  };
  return { call, stop, endToken, seen: watch(oidc) };
}

/** A user logs in and consents at the provider's own pages. */
async function connect({ call }, user, login) {
  const { authUrl } = await call('POST', '/connect', { toolkit: 'acme', userId: user });
  const browser = new Browser();
  const signIn = await browser.submit(await browser.open(authUrl));
  const consent = await browser.submit(signIn, { login, password: 'any' });
  const done = await browser.submit(consent);
  assert.match(done.text, /Acme is connected/, done.text);
}

const whoAmI = ({ call }, user) => call('POST', '/execute', { toolName: 'ACME_WHO_AM_I', userId: user });

test('a toolkit from a folder lives at a certified authorization server', async () => {
  const world = await started();
  try {
    await connect(world, 'u1', 'ada');
    const before = await world.call('GET', '/connections?user_id=u1');
    assert.deepEqual(before.connections.map((one) => [one.status, one.account_label]), [['active', 'ada@example.com']]);
    assert.deepEqual((await whoAmI(world, 'u1')).data, { subject: 'ada', email: 'ada@example.com' });

    for (const time of [1, 2, 3]) {
      world.endToken();
      await whoAmI(world, 'u1');
      assert.equal(world.seen['refresh_token.consumed'], time, 'a token that is refused is renewed');
    }
    world.endToken();
    const calls = Array.from({ length: 20 }, () => whoAmI(world, 'u1'));
    for (const answer of await Promise.all(calls)) assert.equal(answer.data.subject, 'ada');
    assert.equal(world.seen['refresh_token.consumed'], 4, 'once for all of them');
    assert.equal(world.seen['grant.error'], undefined, 'no refresh token was sent twice');
    assert.equal(world.seen['grant.revoked'], undefined);

    const [account] = (await world.call('GET', '/connections?user_id=u1')).connections;
    await world.call('DELETE', `/connections/${account.id}`);
    assert.equal(world.seen['grant.revoked'], 1, 'its grant is ended over there');
    assert.deepEqual((await world.call('GET', '/connections?user_id=u1')).connections, []);
  } finally {
    await world.stop();
  }
});
