/** docs/outputs.md: its samples are those of the golden files, its configurations work. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../config/parse.ts';
import { testCertificate } from '../../doors/gateway/listen/certificate.testing.ts';
import { Outputs } from './outputs.ts';
import { FakeTimers, ORIGIN } from './testing.ts';

const PAGE = new URL('../../../docs/outputs.md', import.meta.url);
const page = readFileSync(PAGE, 'utf8');

/** The first event of a golden file, as people read it. */
function sampleOf(format: string): string {
  const file = new URL(`./testdata/${format === 'cef' ? 'cef0' : format}.txt`, import.meta.url);
  const [line] = readFileSync(file, 'utf8').split('\n');
  return format === 'cef' ? line : JSON.stringify(JSON.parse(line), null, 2);
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-docs-'));
  for (const name of ['siem-ca.pem', 'collector-ca.pem']) {
    writeFileSync(join(folder, name), testCertificate('localhost').cert);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('docs/outputs.md', () => {
  it('shows a real event in every format', () => {
    const shown = page.replace(
      /(<!-- sample: (\w+) -->\n```(?:json|text)\n)[\s\S]*?```/g,
      (_, head: string, format: string) => `${head}${sampleOf(format)}\n\`\`\``,
    );
    if (process.env.SALLYPORT_WRITE_GOLDEN) writeFileSync(PAGE, shown);
    expect([...page.matchAll(/<!-- sample: (\w+) -->/g)].map(([, format]) => format)).toEqual([
      'ocsf',
      'ecs',
      'cef',
      'json',
    ]);
    expect(page).toBe(shown);
  });

  const configs = [...page.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text]) => text);

  it('has a configuration for every place', () => {
    for (const place of ['file', 'syslog', 'http', 'otlp']) {
      expect(
        configs.filter((text) => new RegExp(`\\b${place}:`).test(text)),
        place,
      ).toHaveLength(1);
    }
  });

  it.each(configs.map((text) => [text.split('\n')[0], text] as const))('%s', (_, text) => {
    const { outputs } = parseConfig(text, 'docs/outputs.md');
    const around = { folder, env: { COLLECT_TOKEN: 'collect' } };
    const running = new Outputs(outputs, { origin: ORIGIN, around, timers: new FakeTimers(), onNote() {} });
    expect(running.status()).toMatchObject([{ state: 'idle', name: outputs[0].name }]);
  });
});
