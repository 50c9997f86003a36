/**
 * The page in a real browser, opened from disk as a reader would: nothing is asked of the network, no error, every chart drawn.
 *
 * Needs Chromium at $CHROMIUM or /usr/bin/chromium; skipped with that reason where there is none.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { Result } from '../experiments/result.ts';
import { bareResult, fixtureResult } from '../testing/result-fixture.ts';
import { renderHtml } from './index.ts';

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describe(`the report page in Chromium${existsSync(EXECUTABLE) ? '' : ` (skipped: no browser at ${EXECUTABLE}, set CHROMIUM)`}`, function () {
  this.timeout(120_000);
  let browser: Browser;
  let folder: string;

  before(async function () {
    if (!existsSync(EXECUTABLE)) return this.skip();
    folder = mkdtempSync(join(tmpdir(), 'evenkeel-report-'));
    browser = await chromium.launch({ executablePath: EXECUTABLE, headless: true, args: ARGUMENTS });
  });

  after(async () => {
    await browser?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  /** Opens the page of `result` from disk, gives it to `look`, and expects that nothing went wrong or out meanwhile. */
  async function opened(result: Result, options: BrowserContextOptions, look: (page: Page) => Promise<void>): Promise<void> {
    const file = join(folder, 'report.html');
    writeFileSync(file, await renderHtml(result, { command: 'evenkeel run x.yaml' }));
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    const troubles: string[] = [];
    page.on('console', (message) => troubles.push(message.text()));
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('request', (request) => request.url() !== pathToFileURL(file).href && troubles.push(`request: ${request.url()}`));
    await page.goto(pathToFileURL(file).href);
    if (options.javaScriptEnabled !== false) await page.waitForSelector('html[data-charts=drawn]');
    await look(page);
    await context.close();
    expect(troubles).to.deep.equal([]);
  }

  it('draws every chart, as wide as its column, without errors or requests', async () => {
    for (const width of [1280, 400]) {
      await opened(fixtureResult(), { viewport: { width, height: 900 } }, async (page) => {
        const charts = await page.$$eval('[data-chart]', (places) =>
          places.map((place) => ({
            marks: place.querySelectorAll('[class^="mark-"] path').length,
            within: (place.querySelector('svg')?.getBoundingClientRect().width ?? Infinity) <= place.getBoundingClientRect().width + 1,
            label: place.querySelector('svg [aria-label], svg[aria-label]') !== null,
          })),
        );
        expect(charts).to.have.length(11);
        for (const chart of charts) expect(chart).to.satisfy(({ marks, within, label }: (typeof charts)[number]) => marks > 0 && within && label);
        expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).to.equal(true);
      });
    }
  });

  it('follows a window that changes its width', async () => {
    await opened(fixtureResult(), {}, async (page) => {
      await page.setViewportSize({ width: 500, height: 900 });
      await page.waitForFunction('document.querySelector("[data-chart] svg").getBoundingClientRect().width < 500');
    });
  });

  it('is dark where the reader asks for dark, and light on paper', async () => {
    await opened(fixtureResult(), { colorScheme: 'dark' }, async (page) => {
      const colors = () =>
        page.evaluate('[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector("[data-chart] .role-axis-title text")).fill]');
      expect(await colors()).to.deep.equal(['rgb(14, 19, 24)', 'rgb(232, 237, 242)']);
      const dark = await page.screenshot();
      await page.emulateMedia({ media: 'print' });
      expect(await colors()).to.deep.equal(['rgb(255, 255, 255)', 'rgb(27, 39, 51)']);
      expect(dark.length, 'a blank picture would be smaller').to.be.above(20_000);
    });
  });

  it('reads without scripts', async () => {
    await opened(fixtureResult(), { javaScriptEnabled: false }, async (page) => {
      expect(await page.locator('[data-chart] svg').count()).to.equal(11);
      expect(await page.locator('#verdict').textContent()).to.contain('3 of 9 thresholds');
    });
  });

  it('is walked by keyboard in reading order, from a link that skips to the verdict', async () => {
    await opened(fixtureResult(), {}, async (page) => {
      const stops: { readonly text: string; readonly top: number }[] = [];
      for (let i = 0; i < 30; i++) {
        await page.keyboard.press('Tab');
        stops.push(
          await page.evaluate('({ text: document.activeElement.textContent.slice(0, 40), top: document.activeElement.getBoundingClientRect().top + scrollY })'),
        );
      }
      expect(stops[0].text).to.equal('Skip to the verdict');
      const tops = stops.slice(1).map((stop) => Math.round(stop.top));
      expect(tops).to.deep.equal([...tops].sort((a, b) => a - b));
      expect(stops.map((stop) => stop.text))
        .to.include('Latency by percentile')
        .and.to.include('Data as a table');
    });
  });

  it('shows names in tooltips as text', async () => {
    const result = fixtureResult();
    const [cell] = result.cells;
    const name = '<img src=x onerror=alert(1)>';
    const hostile: Result = { ...result, cells: [{ ...cell, clients: { [name]: cell.clients.storefront } }] };
    await opened(hostile, {}, async (page) => {
      await page.locator('[data-chart="0"] .mark-symbol path').nth(12).hover({ force: true });
      await page.waitForSelector('#tip:not([hidden])');
      expect(await page.locator('#tip').textContent()).to.contain(name);
      expect(await page.locator('#tip img').count()).to.equal(0);
    });
  });

  it('is a page also for a result with next to nothing in it', async () => {
    await opened(bareResult(), {}, async (page) => {
      expect(await page.locator('.absent').count()).to.equal(5);
    });
  });
});
