// The pages a user sees, in a real browser: by keyboard and without JavaScript, in light and in dark.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

import { Bbi } from './bbi.mjs';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const skip = existsSync(CHROMIUM) ? false : `no browser at ${CHROMIUM}: set CHROMIUM to run the tests of the pages`;

let bbi, browser, link;

before(async () => {
  if (skip) return;
  bbi = await Bbi.start(['--sandbox'], {}, 'generic_id');
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  const key = bbi.labelled('API key');
  const routes = `/v1/${bbi.labelled('App id')}/integrations`;
  for (const toolkit of ['gmail', 'salesforce', 'pinecone']) await bbi.call('POST', `${routes}/configure`, key, { toolkit });
  link = async (user, toolkit = 'gmail') =>
    (await bbi.call('POST', `${routes}/connect`, key, { toolkit, userId: user })).authUrl;
});

after(async () => {
  await browser?.close();
  await bbi?.stop();
});

/** A page that fails the test where its content policy was violated or something was not found. */
async function fresh(options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const trouble = [];
  page.on('console', (message) => message.type() === 'error' && trouble.push(message.text()));
  page.on('response', (response) => response.status() >= 400 && trouble.push(`${response.status()} ${response.url()}`));
  return { page, context, trouble };
}

/** Contrast of text and background (WCAG 2.2, 1.4.3), both as `rgb(r, g, b)`. */
function contrast(one, other) {
  const luminance = (color) => {
    const parts = color.match(/[\d.]+/g).slice(0, 3).map((part) => part / 255);
    const [r, g, b] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** The colours of every text on the page, with the nearest background that is not see-through. */
function colours() {
  const background = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!/, 0\)$/.test(colour)) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const texts = [...document.querySelectorAll('h1, p, button, summary, code, label, input:not([type=hidden])')];
  return texts.map((one) => ({ text: one.textContent, colour: getComputedStyle(one).color, background: background(one) }));
}

for (const colorScheme of ['light', 'dark']) {
  test(`a user connects without JavaScript in ${colorScheme}`, { skip }, async () => {
    const { page, context, trouble } = await fresh({ colorScheme, javaScriptEnabled: false });
    await page.goto(await link(`user-${colorScheme}`));
    await page.keyboard.press('Tab');
    await page.getByRole('button', { name: 'Continue' }).press('Enter');
    await page.locator('input[name=account][value="ada@example.com"], select[name=account]').first().waitFor();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('heading', { name: 'Gmail is connected' }).waitFor();
    assert.deepEqual(trouble, []);
    await context.close();
  });

  test(`every text can be read in ${colorScheme}, on a phone too`, { skip }, async () => {
    const { page, context, trouble } = await fresh({ colorScheme, viewport: { width: 320, height: 640 } });
    for (const url of [await link('reader'), `${bbi.url}/connect/cr_nothing`]) {
      await page.goto(url);
      const texts = await page.evaluate(colours);
      assert.ok(texts.length >= 2, 'there is something to read');
      for (const { text, colour, background } of texts) {
        const ratio = contrast(colour, background);
        assert.ok(ratio >= 4.5, `${url}: "${text}" has ${ratio.toFixed(2)}: ${colour} on ${background}`);
      }
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${url} is ${overflow} px too wide`);
    }
    assert.deepEqual(trouble.filter((text) => !text.includes('404')), [], 'nothing but the unknown link is missing');
    await context.close();
  });
}

test('a user connects through Composio without JavaScript', { skip }, async () => {
  const { page, context, trouble } = await fresh({ javaScriptEnabled: false });
  await page.goto(await link('user-hosted', 'salesforce'));
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.getByRole('heading', { name: 'Salesforce is connected' }).waitFor();

  await page.goto(await link('user-hosted', 'pinecone'));
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.locator('input:not([type=hidden]):not([type=radio])').first().fill('a-key');
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.getByRole('heading', { name: 'Pinecone is connected' }).waitFor();
  assert.deepEqual(trouble, []);
  await context.close();
});

test('a page in a frame of another site shows nothing', { skip }, async () => {
  const { page, context } = await fresh({});
  await page.setContent(`<iframe src="${await link('framed')}"></iframe>`);
  await page.waitForLoadState('networkidle');
  assert.equal(await page.frames()[1].getByRole('button').count(), 0);
  await context.close();
});
