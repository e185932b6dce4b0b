// The binary as an operator starts it, and the calls an app makes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const BBI = path.resolve(process.env.BBI ?? '../target/debug/bbi');

export class Bbi {
  /** Starts `bbi serve`; `last` is a piece of the last line to wait for. */
  static async start(flags, settings, last = 'ready ') {
    const folder = await mkdtemp(path.join(tmpdir(), 'bbi-'));
    const env = { PATH: process.env.PATH, BBI_LOG: 'warn', BBI_DATA_DIR: folder, BBI_LISTEN: '127.0.0.1:0', ...settings };
    const child = spawn(BBI, ['serve', ...flags], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const bbi = Object.assign(new Bbi(), { child, folder, lines: [] });
    for await (const line of createInterface({ input: child.stdout })) {
      bbi.lines.push(line);
      if (line.includes(last)) break;
    }
    bbi.url = bbi.labelled('ready');
    return bbi;
  }

  /** What was printed after a label. */
  labelled(label) {
    return this.lines.find((line) => line.startsWith(`${label} `)).slice(label.length).trim();
  }

  async stop() {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    assert.equal(await ended, 0, 'an orderly stop is a success');
    await rm(this.folder, { recursive: true });
  }

  /** A JSON answer; anything but success is an error with its body. */
  async call(method, route, key, body) {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const response = await fetch(this.url + route, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${route}: ${response.status} ${text}`);
    return text && JSON.parse(text);
  }
}

/** A browser without JavaScript: cookies by host, redirects, forms by hand. */
export class Browser {
  jar = new Map();

  async request(url, options = {}) {
    const cookies = this.jar.get(new URL(url).host) ?? new Map();
    this.jar.set(new URL(url).host, cookies);
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { ...options, redirect: 'manual', headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [name, value] = set.split(';')[0].split(/=(.*)/s);
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    const text = await response.text();
    return { url, status: response.status, text, next: location && new URL(location, url).href };
  }

  /** The page at the end of all redirects. */
  async open(url, options) {
    let page = await this.request(url, options);
    while (page.next) page = await this.request(page.next);
    return page;
  }

  /** Sends the form of a page: its hidden fields, and what the user filled in. */
  async submit(page, filled = {}) {
    const form = new URLSearchParams(filled);
    for (const [tag] of page.text.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
      form.set(/name="([^"]*)"/.exec(tag)[1], /value="([^"]*)"/.exec(tag)?.[1] ?? '');
    }
    const action = /<form[^>]*action="([^"]*)"/.exec(page.text)?.[1] ?? '';
    return this.open(new URL(action, page.url).href, { method: 'POST', body: form });
  }
}
