/**
 * A real browser for what is shown in one. It has to be installed (Debian's chromium); where it is not, tests end early on a
 * developer's machine, and fail in CI, which installs it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

/** The path of an installed browser, or null; in CI there must be one. */
function installed(): string | null {
  const found = ['chromium', 'chromium-browser', 'google-chrome'].find(
    (name) => spawnSync(name, ['--version']).error === undefined,
  );
  if (found === undefined && process.env.CI) throw new Error('no browser is installed, and this is CI');
  return found === undefined
    ? null
    : spawnSync('sh', ['-c', `command -v ${found}`], { encoding: 'utf8' }).stdout.trim();
}

export interface Shown {
  readonly page: Page;
  /** What the page complained about: errors of its script, refusals of its policy, requests to elsewhere. */
  readonly complaints: string[];
}

export interface View {
  readonly width?: number;
  readonly dark?: boolean;
  /** False for a browser that runs none. */
  readonly scripts?: boolean;
}

/** Shows documents in a browser. One per test file: starting it takes most of a second. */
export class Screen {
  private readonly browser: Browser;
  private readonly folder = mkdtempSync(join(tmpdir(), 'sallyport-page-'));

  private constructor(browser: Browser) {
    this.browser = browser;
  }

  /** Starts a browser, or gives null where none is installed. */
  static async start(): Promise<Screen | null> {
    const executablePath = installed();
    if (executablePath === null) return null;
    return new Screen(await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] }));
  }

  /** Opens a document from a file, as somebody does who was mailed it. */
  async show(html: string, options: View & { fragment?: string } = {}): Promise<Shown> {
    const path = join(this.folder, 'page.html');
    writeFileSync(path, html);
    return this.open(`${pathToFileURL(path)}${options.fragment ?? ''}`, 'file:', options);
  }

  /** Opens an address; asking for anything that does not begin with `home` is a complaint. */
  async open(url: string, home: string, options: View = {}): Promise<Shown> {
    const page = await this.browser.newPage({
      viewport: { width: options.width ?? 1200, height: 900 },
      colorScheme: options.dark ? 'dark' : 'light',
      javaScriptEnabled: options.scripts ?? true,
    });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(home)) complaints.push(`asked for ${request.url()}`);
    });
    await page.goto(url);
    return { page, complaints };
  }

  async close(): Promise<void> {
    await this.browser.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
