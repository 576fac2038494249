// The browser that judges: the system's chromium, a fresh profile each time, no network but the pages under test.
import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
export const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const open = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    headless: true,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--font-render-hinting=none',
    ],
  });

// Checks are counted; the last line says how many passed and failed.
export class Tally {
  passed = 0;
  failed = 0;

  check(name, wrong) {
    const list = [wrong].flat().filter(Boolean);
    if (list.length === 0) this.passed += 1;
    else {
      this.failed += 1;
      console.log(`FAILED ${name}\n  ${list.slice(0, 12).join('\n  ')}`);
    }
  }

  async attempt(name, work) {
    try {
      this.check(name, await work());
    } catch (error) {
      this.check(name, `${error.message}`.split('\n').slice(0, 4).join(' '));
    }
  }

  end() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    process.exitCode = this.failed === 0 && this.passed > 0 ? 0 : 1;
  }
}

// Command line: options as --name value, the rest in order.
export const options = defaults => {
  const found = { ...defaults, rest: [] };
  const words = process.argv.slice(2);
  while (words.length > 0) {
    const word = words.shift();
    if (word.startsWith('--')) found[word.slice(2)] = words.shift();
    else found.rest.push(word);
  }
  return found;
};
