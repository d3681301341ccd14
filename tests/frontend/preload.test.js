import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../frontend/', import.meta.url));
const read = (path) => readFileSync(join(ROOT, path), 'utf8');

/** Every module that `entry` imports before it runs, in order; `import()` is for later and does not count. */
function imported(entry, seen = []) {
  for (const [, path] of read(entry).matchAll(/^(?:import|export)[^;]*? from '(\.[^']+)'/gm)) {
    const module = relative(ROOT, join(ROOT, dirname(entry), path));
    if (seen.includes(module)) continue;
    seen.push(module);
    imported(module, seen);
  }
  return seen;
}

const listed = (rel) => [...read('index.html').matchAll(new RegExp(`rel="${rel}"[^>]*href="/ui/([^"]+)"`, 'g'))].map(([, path]) => path).sort();

test('the page asks at once for every module that it needs to start', () => {
  assert.deepEqual(listed('modulepreload'), imported('script.js').sort());
});

test('the page asks at once for every sheet that style.css imports', () => {
  assert.deepEqual(listed('preload'), [...read('style.css').matchAll(/url\("([^"]+)"\)/g)].map(([, path]) => path).sort());
});

test('nothing is loaded from outside', () => {
  for (const path of ['index.html', 'style.css', ...imported('script.js')]) {
    const outside = read(path).replaceAll('http://www.w3.org/', '').match(/https?:\/\/|url\(["']?\/\//);
    assert.equal(outside, null, path);
  }
});
