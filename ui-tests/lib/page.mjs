// What every page must pass, whatever is on it.
import { AXE } from './browser.mjs';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

// Text spacing of WCAG 1.4.12.
const SPACING = '* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-block-end: 2em !important }';

export const axe = async page => {
  await page.evaluate(AXE);
  const found = await page.evaluate(tags => axe.run(document, { runOnly: tags }), TAGS);
  return found.violations.flatMap(one => one.nodes.slice(0, 3).map(node => `${one.id}: ${node.target} ${node.failureSummary.split('\n')[1] || ''}`));
};

export const overflow = page =>
  page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const over = document.documentElement.scrollWidth - width;
    if (over <= 0) return [];
    const wide = [...document.querySelectorAll('body *')].filter(one => {
      const box = one.getBoundingClientRect();
      return (box.right > width + 1 || box.left < -1) && getComputedStyle(one).position !== 'absolute';
    });
    return [`${over} px too wide`, ...wide.slice(0, 5).map(one => `${one.tagName}.${one.getAttribute('class')}`)];
  });

export const spaced = async page => {
  await page.addStyleTag({ content: SPACING });
  return overflow(page);
};

// Controls are large enough for a finger; links inside sentences are excepted (WCAG 2.5.8).
export const targets = page =>
  page.evaluate(() => {
    const shown = one => one.checkVisibility({ visibilityProperty: true }) && !one.closest('.vh, .skip, dialog:not([open])');
    const inText = one => one.tagName === 'A' && getComputedStyle(one).display === 'inline';
    const found = [];
    for (const one of document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary')) {
      if (!shown(one) || one.classList.contains('skip')) continue;
      // A label or a card around it that is clicked for it counts.
      const around = one.closest('.box, .tile, .svc li, .tasks li') || one;
      const box = around.getBoundingClientRect();
      const name = `${one.tagName} "${(one.textContent || one.name).trim().slice(0, 30)}" ${Math.round(box.width)}x${Math.round(box.height)}`;
      if (one.classList.contains('btn') && box.height < 40) found.push(`a button under 40 px: ${name}`);
      if (!inText(one) && (box.height < 24 || box.width < 24)) found.push(`under 24 px: ${name}`);
    }
    return found;
  });

// The keyboard: first the skip link, then stops that are seen and not covered.
export const focus = async page => {
  const wrong = [];
  let first = true;
  const seen = new Set();
  for (let i = 0; i < 120; i += 1) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const one = document.activeElement;
      if (!one || one === document.body) return null;
      one.dataset.stop ||= String(Math.random());
      const style = getComputedStyle(one);
      const around = one.closest('.tile, .box');
      const ring = element => {
        const look = getComputedStyle(element);
        return look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2;
      };
      const box = (around || one).getBoundingClientRect();
      const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 2);
      const y = Math.min(Math.max(box.top + Math.min(box.height / 2, 20), 1), innerHeight - 2);
      const top = document.elementFromPoint(x, y);
      return {
        key: one.dataset.stop,
        name: `${one.tagName}.${one.className} "${one.textContent.trim().slice(0, 30)}"`,
        skip: one.classList.contains('skip'),
        ring: ring(one) || (around && ring(around)),
        inView: box.bottom > 0 && box.top < innerHeight,
        covered: Boolean(top) && top.closest('.top nav, dialog') !== null && !top.closest('.top nav')?.contains(one),
        hidden: style.visibility === 'hidden',
      };
    });
    if (!stop || seen.has(stop.key)) break;
    seen.add(stop.key);
    if (first && !stop.skip && !(await page.locator('#errors').count())) wrong.push(`the first stop is ${stop.name}`);
    first = false;
    if (!stop.ring) wrong.push(`focus is not seen on ${stop.name}`);
    if (!stop.inView) wrong.push(`focus is out of view on ${stop.name}`);
    if (stop.covered) wrong.push(`focus is covered on ${stop.name}`);
  }
  if (seen.size < 3) wrong.push(`only ${seen.size} stops`);
  return wrong;
};

// What the browser complains about, as the page is really served.
export const complaints = page => {
  const said = [];
  page.on('response', answer => { if (answer.status() >= 400) said.push(`${answer.status()} ${answer.url()}`); });
  page.on('console', message => { if (['error', 'warning'].includes(message.type())) said.push(message.text()); });
  page.on('pageerror', error => said.push(error.message));
  page.on('requestfailed', request => { if (!request.url().endsWith('/events')) said.push(`${request.url()} ${request.failure()?.errorText}`); });
  return said;
};
