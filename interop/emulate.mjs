// npm `emulate` in the place of a provider: the binary with that provider's toolkits, an app with a client of its own,
// users who consent at the emulator's pages.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createEmulator } from 'emulate';

import { Bbi, Browser } from './bbi.mjs';

const TOOLKITS = path.join(import.meta.dirname, '../toolkits');
const CLIENT = { client_id: 'interop-client', client_secret: 's3cret with +/%&=: in it' };

/**
 * What each emulator stands for. `addresses` become paths of the one address that stands for the provider; `moved`
 * names what the emulator serves in another place than the provider; `posted` is what it takes in a POST only.
 */
const PROVIDERS = {
  github: { addresses: { 'https://github.com': '', 'https://api.github.com': '' }, clients: 'oauth_apps' },
  google: {
    addresses: {
      // Beyond `api.base_url` a manifest may only name https.
      'https://www.googleapis.com/upload/drive/v3': '/drive/v3/upload',
      'https://www.googleapis.com': '',
      'https://accounts.google.com': '',
      'https://oauth2.googleapis.com': '',
      'https://openidconnect.googleapis.com': '',
      'https://gmail.googleapis.com': '',
    },
    clients: 'oauth_clients',
    moved: [
      ['/drive/v3/upload/', '/upload/drive/v3/'],
      ['/token', '/oauth2/token'],
      ['/revoke', '/oauth2/revoke'],
      ['/v1/userinfo', '/oauth2/v2/userinfo'],
    ],
  },
  slack: {
    addresses: { 'https://slack.com': '' },
    clients: 'oauth_apps',
    // Files are uploaded to an address that the emulator gives; again it must be under `api.base_url`.
    callsItself: '/api/emulator',
    moved: [['/api/emulator/', '/']],
    posted: '/api/',
  },
  microsoft: {
    addresses: { 'https://login.microsoftonline.com': '', 'https://graph.microsoft.com': '' },
    clients: 'oauth_clients',
    moved: [['/common/', '/']],
  },
};

/** A text of a manifest with the provider's addresses replaced; the prefix of scopes looks like one, but is a name. */
function placed(text, addresses, url) {
  return Object.entries(addresses).reduce(
    (rest, [address, at]) => rest.replaceAll(new RegExp(`(?<!^prefix = ")${address}(?=["/])`, 'gm'), url + at),
    text,
  );
}

/** The product's own toolkits in a folder, for another address. */
async function toolkits(slugs, addresses, url) {
  const folder = await mkdtemp(path.join(tmpdir(), 'toolkits-'));
  for (const slug of slugs) {
    await mkdir(path.join(folder, slug, 'tools'), { recursive: true });
    const tools = await readdir(path.join(TOOLKITS, slug, 'tools'));
    for (const file of ['toolkit.toml', ...tools.map((name) => `tools/${name}`)]) {
      const text = await readFile(path.join(TOOLKITS, slug, file), 'utf8');
      await writeFile(path.join(folder, slug, file), placed(text, addresses, url));
    }
  }
  return folder;
}

/** The emulator takes a port, but does not tell which one it was given. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function bytesOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const BETWEEN_TWO = /^(connection|content-encoding|content-length|date|host|keep-alive|transfer-encoding)$/;
const passedOn = (headers) => Object.fromEntries([...headers].filter(([name]) => !BETWEEN_TWO.test(name)));

/** Stands between the binary and the emulator: sends each request to where the emulator serves it. */
class Front {
  /** What was asked for, as `METHOD /path`. */
  seen = [];
  /** Access tokens that are over; the emulator takes any token, even one that it never gave. */
  ended = new Set();

  static async start({ moved = [], posted }) {
    const front = Object.assign(new Front(), { moved, posted, server: createServer() });
    front.server.on('request', (request, response) => front.answer(request, response));
    await new Promise((resolve) => front.server.listen(0, '127.0.0.1', resolve));
    front.place = `127.0.0.1:${front.server.address().port}`;
    front.url = `http://${front.place}`;
    return front;
  }

  /** The same request, as the emulator takes it. */
  async translated(request) {
    const [was, now] = this.moved.find(([start]) => request.url.startsWith(start)) ?? ['', ''];
    const url = now + request.url.slice(was.length);
    const headers = passedOn(Object.entries(request.headers));
    if (request.method !== 'GET') return { url, method: request.method, headers, body: await bytesOf(request) };
    if (!this.posted || !url.startsWith(this.posted)) return { url, method: 'GET', headers };
    const [route, query = ''] = url.split('?');
    return { url: route, method: 'POST', headers, body: new URLSearchParams(query) };
  }

  async answer(request, response) {
    const { authorization } = request.headers;
    this.seen.push(`${request.method} ${request.url.split('?')[0]}`);
    if (this.ended.has(authorization)) return response.writeHead(401).end();
    this.last = authorization ?? this.last;
    const { url, ...rest } = await this.translated(request);
    const answer = await fetch(`http://127.0.0.1:${this.port}${url}`, { ...rest, redirect: 'manual' });
    response.writeHead(answer.status, passedOn(answer.headers)).end(Buffer.from(await answer.arrayBuffer()));
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** A page with the form of one user only; the emulator shows one for each. */
function formOf(page, name) {
  const text = page.text.split(/(?=<form)/).find((form) => form.includes(`>${name}<`));
  assert.ok(text, `${name} is on the page: ${page.text}`);
  return { ...page, text };
}

/** An app on a binary of its own, and what it does. */
class World {
  /** `apps` has by toolkit what the app configures beside its client; `seed` is what the emulator begins with. */
  async start(service, apps, seed) {
    const provider = PROVIDERS[service];
    this.front = await Front.start(provider);
    this.folder = await toolkits(Object.keys(apps), provider.addresses, this.front.url);
    const redirects = await this.configured(apps);
    const client = { ...CLIENT, name: 'Interop', redirect_uris: redirects };
    this.front.port = await freePort();
    this.emulator = await createEmulator({
      service,
      port: this.front.port,
      baseUrl: this.front.url + (provider.callsItself ?? ''),
      seed: { [service]: { ...seed, [provider.clients]: [client] } },
    });
  }

  /** Starts the binary with an app that has the toolkits; gives their redirect URIs. */
  async configured(apps) {
    const binary = path.resolve(process.env.BBI ?? '../target/debug/bbi');
    const made = (...words) => execFileSync(binary, ['vault', ...words], { encoding: 'utf8' }).trim();
    const platform = made('new-platform-key');
    this.bbi = await Bbi.start(['--toolkits', this.folder], {
      BBI_VAULT_KEYS: made('new-key'),
      BBI_PLATFORM_KEY: platform,
      BBI_OUTBOUND__ALLOW_PRIVATE: this.front.place,
    });
    this.app = await this.bbi.call('POST', '/init', platform, { name: 'Interop' });
    const answers = Object.entries(apps).map(([toolkit, more]) =>
      this.call('POST', '/configure', { toolkit, oauth_credentials: CLIENT, ...more }));
    return (await Promise.all(answers)).map((answer) => answer.redirect_uri);
  }

  call(method, route, body) {
    return this.bbi.call(method, `/v1/${this.app.app_id}/integrations${route}`, this.app.api_key, body);
  }

  /** A user opens the link, chooses an account at the emulator's page and comes back. */
  async connect(toolkit, name) {
    const { authUrl } = await this.call('POST', '/connect', { toolkit, userId: 'u1' });
    const browser = new Browser();
    const choice = await browser.submit(await browser.open(authUrl));
    const done = await browser.submit(formOf(choice, name));
    assert.match(done.text, / is connected/, done.text);
    return (await this.call('GET', '/connections?user_id=u1')).connections.find((one) => one.toolkit_slug === toolkit);
  }

  async act(toolName, params = {}) {
    const answer = await this.call('POST', '/execute', { toolName, userId: 'u1', params });
    return answer.data;
  }

  /** A call that the provider refuses, with what its error says. */
  async refused(toolName, params, expected) {
    await assert.rejects(this.act(toolName, params), expected);
  }

  /** The provider takes the token that it saw last no longer. */
  endToken() {
    this.front.ended.add(this.front.last);
  }

  async stop() {
    await this.bbi?.stop();
    this.front?.stop();
    await this.emulator?.close();
    if (this.folder) await rm(this.folder, { recursive: true });
  }
}

/** A test with a world of its own. */
export function within(service, apps, seed, scenario) {
  return async () => {
    const world = new World();
    try {
      await world.start(service, apps, seed);
      await scenario(world);
    } finally {
      await world.stop();
    }
  };
}
