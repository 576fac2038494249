// node shoot.mjs http://127.0.0.1:PORT FOLDER [--langs id,en] [--sign-in /gallery/sign-in] PATH…
// A screenshot of every page, in each language, at 1280 and 390 pixels.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { open, options } from './lib/browser.mjs';

const { langs, rest, ...named } = options({ langs: 'id,en', widths: '1280,390' });
const [base, folder, ...paths] = rest;
mkdirSync(folder, { recursive: true });
const browser = await open();
let count = 0;
for (const width of named.widths.split(',').map(Number)) {
  const context = await browser.newContext({ viewport: { width, height: width > 700 ? 900 : 760 }, reducedMotion: 'reduce', deviceScaleFactor: 1 });
  const page = await context.newPage();
  if (named['sign-in']) await page.goto(`${base}/id${named['sign-in']}`);
  for (const lang of langs.split(',')) {
    for (const path of paths) {
      await page.goto(`${base}/${lang}${path}`);
      await page.evaluate(() => document.fonts.ready);
      const name = `${path.replace(/^\//, '').replaceAll('/', '-') || 'home'}-${lang}-${width}.png`;
      // As high as the page, so that a bar at the foot of the screen is at the foot of the picture.
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.setViewportSize({ width, height: Math.max(height, 760) });
      await page.screenshot({ path: join(folder, name) });
      await page.setViewportSize({ width, height: 760 });
      count += 1;
    }
  }
  await context.close();
}
await browser.close();
console.log(`${count} screenshots in ${folder}`);
