import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultConfig } from '../../config/load.ts';
import { configSchema } from '../../config/schema.ts';
import { EMPTY_MODEL, type LearnedModel, type RouteTemplate } from '../../enrich/model.ts';
import { saveModel } from './data-dir.ts';
import { modelFor, placesOf } from './models.ts';

const route = (template: string, more: Partial<RouteTemplate> = {}): RouteTemplate => ({
  template,
  routeClass: 0,
  answered: 1,
  requests: 0,
  origin: 'learned',
  ...more,
});
const ITEMS = route('/items/{id}', { origin: 'configured' });
const LEARNED = ['/a', '/b', '/c', '/d', '/e', '/f', '/g'].map((template) => route(template));

describe('the model that a run begins with', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'sallyport-models-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const model = (...routes: RouteTemplate[]): LearnedModel => ({ ...EMPTY_MODEL, version: 'm-1', routes });
  const begin = (templates: readonly string[], failures: Error[] = []): readonly string[] => {
    const config = configSchema.parse({ routes: { templates: templates.map((template) => ({ template })) } });
    return modelFor({ ...defaultConfig(), config }, dir, (e) => failures.push(e)).routes.map((r) => r.template);
  };

  it('has what was learned, every route in its place, where the configuration names the same', async () => {
    const retired = route('/old/x', { retired: true });
    await saveModel(dir, model(ITEMS, retired, ...LEARNED));
    expect(begin(['/items/{id}'])).toEqual(['/items/{id}', '/old/x', ...LEARNED.map((r) => r.template)]);
  });

  it('has the routes of the configuration before all else, and none that was retired, where it names others', async () => {
    await saveModel(dir, model(ITEMS, route('/old/x', { retired: true }), ...LEARNED));
    const learned = LEARNED.map((r) => r.template);
    expect(begin(['/items/{id}', '/new'])).toEqual(['/items/{id}', '/new', ...learned]);
    expect(begin([])).toEqual(learned);
  });

  it('gives up places of retired routes where they are many', async () => {
    await saveModel(dir, model(ITEMS, route('/old/x', { retired: true }), route('/a')));
    expect(begin(['/items/{id}'])).toEqual(['/items/{id}', '/a']);
  });

  it('has what is configured alone where the saved one cannot be read', () => {
    writeFileSync(join(dir, 'model.json'), '{');
    const failures: Error[] = [];
    expect(begin(['/items/{id}'], failures)).toEqual(['/items/{id}']);
    expect(failures.map((e) => (e as { code?: string }).code)).toEqual(['SP5006']);
  });

  it('stands for its places, as far as they are asked for', () => {
    const one = model(...LEARNED);
    expect(placesOf(model(...LEARNED, ITEMS), LEARNED.length)).toBe(placesOf(one));
    expect(placesOf(model(...LEARNED.slice(1)), LEARNED.length)).not.toBe(placesOf(one));
    expect(placesOf(model(ITEMS, ...LEARNED), LEARNED.length)).not.toBe(placesOf(one));
  });
});
