import { axe, overflow, targets } from './page.mjs';

// Journeys through the gallery: a form, a live page, a session. With scripts and, where it means something, without.

const submit = page => Promise.all([page.waitForNavigation(), page.locator('main form[method=post] .btn').first().click()]);

export const form = (browser, base, lang, scripts) => async () => {
  const context = await browser.newContext({ javaScriptEnabled: scripts });
  const page = await context.newPage();
  const wrong = [];
  await page.goto(`${base}/${lang}/gallery/question`);
  await page.fill('#name', 'Sekar');
  const [answer] = await submit(page);
  if (answer.status() !== 422) wrong.push(`errors came with ${answer.status()}`);
  if (!/^(Galat|Error): /.test(await page.title())) wrong.push(`the title is ${await page.title()}`);
  if ((await page.inputValue('#name')) !== 'Sekar') wrong.push('what was typed is lost');
  const link = await page.getAttribute('#errors a', 'href');
  if (link !== '#graduated') wrong.push(`the summary leads to ${link}`);
  if ((await page.getAttribute('#graduated', 'aria-invalid')) !== 'true') wrong.push('the field is not marked');
  const active = await page.evaluate(() => document.activeElement.id);
  if (scripts && active !== 'errors') wrong.push(`focus is on "${active}", not on the summary`);
  await page.locator('#errors a').first().click();
  if (scripts && (await page.evaluate(() => document.activeElement.id)) !== 'graduated') wrong.push('the link does not lead to the field');
  await page.fill('#graduated', '27');
  await page.fill('#graduated-month', '11');
  await page.fill('#graduated-year', '2019');
  await submit(page);
  if (!page.url().endsWith('/gallery/check')) wrong.push(`the form led to ${page.url()}`);
  await context.close();
  return wrong;
};

// A copy of the form without its token, with another session's, or from elsewhere, is refused; sent twice it does its work once.
export const posts = (browser, base) => async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const wrong = [];
  await page.goto(`${base}/id/gallery/question`);
  const fields = await page.$$eval('main form input', all => Object.fromEntries(all.map(one => [one.name, one.value])));
  const good = { ...fields, name: 'Sekar', graduated: '27', 'graduated-month': '11', 'graduated-year': '2019' };
  const post = (form, headers = {}) =>
    context.request.post(`${base}/id/gallery/question`, { form, headers: { origin: base, ...headers }, maxRedirects: 0 });
  const expect = async (what, answer, status) => {
    if (answer.status() !== status) wrong.push(`${what}: ${answer.status()}, not ${status}`);
  };
  await expect('a sound form', await post(good), 303);
  await expect('the same form again', await post(good), 303);
  await expect('without a token', await post({ ...good, 'form-token': '' }), 403);
  await expect('from another site', await post(good, { origin: 'http://evil.example' }), 403);
  await expect('from a page of no origin', await post(good, { origin: 'null' }), 403);
  await expect('fetched across sites', await post(good, { 'sec-fetch-site': 'cross-site' }), 403);
  const other = await browser.newContext();
  const stranger = await other.newPage();
  await stranger.goto(`${base}/id/gallery/question`);
  const theirs = await stranger.getAttribute('[name=form-token]', 'value');
  await expect("with another session's token", await post({ ...good, 'form-token': theirs }), 403);
  await other.close();
  await context.close();
  return wrong;
};

// What changes is seen within two seconds, without loading the page again, and focus stays.
export const live = (browser, base, lang) => async () => {
  const context = await browser.newContext();
  const [page, other] = [await context.newPage(), await context.newPage()];
  const wrong = [];
  await page.goto(`${base}/${lang}/gallery/case`);
  await page.waitForFunction(() => document.getElementById('case-state').dataset.state === 'on', null, { timeout: 5000 });
  const now = () => page.evaluate(() => [...document.querySelectorAll('.track > li')].findIndex(one => one.hasAttribute('aria-current')));
  const before = await now();
  await other.goto(`${base}/${lang}/gallery/case`);
  await submit(other);
  const start = Date.now();
  await page.waitForFunction(was => [...document.querySelectorAll('.track > li')].findIndex(one => one.hasAttribute('aria-current')) !== was, before, { timeout: 2000 });
  const took = Date.now() - start;
  if (took > 2000) wrong.push(`the change took ${took} ms`);
  if (!(await page.textContent('#say'))) wrong.push('nothing was said');
  await context.close();
  return wrong;
};

// Signing in, the cookie, the warning before the end, staying, and signing out.
export const session = (browser, base) => async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const wrong = [];
  await page.clock.install();
  await page.goto(`${base}/id/gallery/sign-in`);
  const [cookie] = await context.cookies();
  if (!cookie || cookie.name !== '__Host-simpul') wrong.push('no session cookie on loopback');
  else if (!(cookie.secure && cookie.httpOnly && cookie.sameSite === 'Lax' && cookie.path === '/')) wrong.push(JSON.stringify(cookie));
  if (!(await page.textContent('.who')).includes('Sekar Ayu')) wrong.push('the header does not say who is signed in');
  if (!(await page.textContent('.foot .ends'))) wrong.push('the page does not say when the session ends');
  await page.clock.fastForward('27:50');
  if (await page.locator('#session-end').isVisible()) wrong.push('the warning came too early');
  await page.clock.fastForward('00:20');
  if (!(await page.locator('#session-end').isVisible())) wrong.push('no warning two minutes before the end');
  else {
    await page.locator('#session-end .btn').click();
    await page.locator('#session-end').waitFor({ state: 'hidden', timeout: 5000 });
  }
  await page.goto(`${base}/id/session`);
  await Promise.all([page.waitForNavigation(), page.locator('main form .btn').click()]);
  if (!page.url().endsWith('/session/ended')) wrong.push(`signing out led to ${page.url()}`);
  if ((await context.cookies()).length > 0) wrong.push('the cookie is still there');
  await context.close();
  return wrong;
};

// Everything that a first visit loads, over the wire.
export const cold = (browser, url, limit) => async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const protocol = await context.newCDPSession(page);
  await protocol.send('Network.enable');
  let octets = 0;
  protocol.on('Network.loadingFinished', event => { octets += event.encodedDataLength; });
  await page.goto(url, { waitUntil: 'networkidle' });
  await context.close();
  console.log(`cold ${new URL(url).pathname}: ${octets} octets`);
  return octets > limit ? [`${octets} octets, more than ${limit}`] : [];
};

// A judge that never says no is none: a page is spoiled on purpose, and each must see it.
export const spoiled = (browser, base) => async () => {
  const context = await browser.newContext({ viewport: { width: 320, height: 700 }, bypassCSP: true });
  const page = await context.newPage();
  await page.goto(`${base}/id/gallery`);
  const content = 'main h1 { inline-size: 900px; color: #ddd !important } .btn { min-block-size: 0 !important; padding: 0 !important; font-size: 9px !important }';
  await page.addStyleTag({ content });
  const blind = { axe: await axe(page), overflow: await overflow(page), targets: await targets(page) };
  await context.close();
  return Object.entries(blind).filter(([, found]) => found.length === 0).map(([name]) => `${name} sees nothing`);
};
