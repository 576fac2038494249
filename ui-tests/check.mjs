// node check.mjs [--langs id,en,ar] [--sign-in /gallery/sign-in] [--journeys gallery] http://127.0.0.1:PORT PATH…
// Paths are without their language. The last line counts: N passed, N failed.
import { Tally, open, options } from './lib/browser.mjs';
import { axe, complaints, focus, overflow, spaced, targets } from './lib/page.mjs';
import * as journey from './lib/journey.mjs';

const { langs, journeys, rest, ...named } = options({ langs: 'id,en' });
const [base, ...paths] = rest;
const tally = new Tally();
const browser = await open();

const wide = { viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' };
const phone = { viewport: { width: 390, height: 760 }, reducedMotion: 'reduce' };

// One page each for what changes how pages are loaded; each is used for every path.
const make = async settings => {
  const context = await browser.newContext(settings);
  const page = await context.newPage();
  if (named['sign-in']) await page.goto(`${base}/id${named['sign-in']}`);
  return page;
};
// axe is put into the page, which the page's own policy forbids: what the policy stops is looked at elsewhere.
const [judged, judgedPhone, served, scriptless, forced] = await Promise.all([
  make({ ...wide, bypassCSP: true }),
  make({ ...phone, bypassCSP: true }),
  make(phone),
  make({ ...wide, javaScriptEnabled: false }),
  make({ ...wide, forcedColors: 'active' }),
]);
const words = page => page.evaluate(() => {
  const shown = [...document.querySelectorAll('main h1, main h2, main p:not(.live), main dd, main td')];
  return shown.map(one => one.textContent).join('|').replace(/\s+/g, ' ');
});
const said = complaints(served);

for (const lang of langs.split(',')) {
  for (const path of paths) {
    const url = `${base}/${lang}${path}`;
    const name = `/${lang}${path}`;
    await Promise.all([
      (async () => {
        await judged.goto(url);
        await tally.attempt(`${name} at 1280: axe`, () => axe(judged));
        await tally.attempt(`${name} at 1280: targets`, () => targets(judged));
        await tally.attempt(`${name} at 1280: text spacing`, () => spaced(judged));
        await scriptless.goto(url);
        await served.goto(url);
        await tally.attempt(`${name}: without scripts`, async () => {
          const dead = await scriptless.evaluate(() => [...document.querySelectorAll('[data-print], .live')].filter(one => one.checkVisibility()).length);
          const [on, off] = [await words(served), await words(scriptless)];
          return [on !== off && 'the words differ from those with scripts', dead > 0 && `${dead} parts do nothing`];
        });
        await tally.attempt(`${name}: the browser has no complaint`, () => said.splice(0));
        await tally.attempt(`${name}: keyboard`, () => focus(served));
        said.length = 0;
      })(),
      (async () => {
        await judgedPhone.setViewportSize(phone.viewport);
        await judgedPhone.goto(url);
        await tally.attempt(`${name} at 390: axe`, () => axe(judgedPhone));
        await tally.attempt(`${name} at 390: targets`, () => targets(judgedPhone));
        await judgedPhone.setViewportSize({ width: 320, height: 760 });
        await tally.attempt(`${name}: 320 px`, () => overflow(judgedPhone));
        await tally.attempt(`${name} at 320: text spacing`, () => spaced(judgedPhone));
        await forced.emulateMedia({ media: 'screen', forcedColors: 'active' });
        await forced.goto(url);
        await tally.attempt(`${name}: forced colours`, () => overflow(forced));
        await forced.emulateMedia({ media: 'print', forcedColors: 'none' });
        await tally.attempt(`${name}: print`, async () => {
          const frame = () => [...document.querySelectorAll('.btn, .strip, .top nav, .side, .foot')].filter(one => one.checkVisibility()).length;
          const left = await forced.evaluate(frame);
          return left > 0 ? [`${left} parts of the frame are printed`] : [];
        });
      })(),
    ]);
  }
}

if (journeys === 'gallery') {
  for (const lang of ['id', 'en']) {
    for (const scripts of [true, false]) {
      await tally.attempt(`/${lang}: a form, scripts ${scripts}`, journey.form(browser, base, lang, scripts));
    }
    await tally.attempt(`/${lang}: a live page`, journey.live(browser, base, lang));
    await tally.attempt(`/${lang}: cold home`, journey.cold(browser, `${base}/${lang}/gallery/home`, 40 * 1024));
    await tally.attempt(`/${lang}: cold trail`, journey.cold(browser, `${base}/${lang}/gallery/trail`, 40 * 1024));
    await tally.attempt(`/${lang}: cold console`, journey.cold(browser, `${base}/${lang}/gallery/console`, 60 * 1024));
  }
  await tally.attempt('forms that are not ours', journey.posts(browser, base));
  await tally.attempt('a session', journey.session(browser, base));
  await tally.attempt('the judges can say no', journey.spoiled(browser, base));
}

await browser.close();
tally.end();
