import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ShapeLearner } from '../../learn/shapes/learner.ts';
import { shapeOf } from '../../learn/shapes/shape.ts';
import { days } from '../../lib/units.ts';
import { shapesFile } from './shapes-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-shapes-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SEED = 5;

function model() {
  const learner = new ShapeLearner(SEED);
  for (let i = 0; i < 300; i++)
    learner.observe(
      'GET',
      '/a',
      [{ where: 'query.q', value: shapeOf(`${i % 3}`, 'string', SEED) }],
      i % 9,
      1 + i * 60_000,
    );
  return learner.learn(null, days(2));
}

describe('learned shapes on disk', () => {
  const path = join(folder, 'shapes-2.json');
  const file = shapesFile(folder, 2);

  it('come back as they were, for nobody else to read', async () => {
    expect(file.read(SEED)).toBeNull();
    await file.write(model());
    expect(file.read(SEED)).toEqual(model());
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['shapes-2.json']);
    expect(shapesFile(folder, 0).read(SEED)).toBeNull();
  });

  it('are refused under another seed, and where they are damaged', async () => {
    const refused = expect.objectContaining({ code: 'SP7906' });
    expect(() => file.read(SEED + 1)).toThrow(refused);
    const [route] = model().routes;
    const whole = { file: 1, ...model() };
    const [field] = route.fields;
    for (const damaged of [
      '{',
      'null',
      '[]',
      { ...whole, file: 2 },
      { ...whole, routes: [{ ...route, requests: '1' }] },
      { ...whole, routes: [{ ...route, fields: [{ ...field, values: ['x'] }] }] },
      { ...whole, routes: [{ ...route, fields: [{ ...field, length: null }] }] },
      { ...whole, routes: [{ ...route, fields: [{ ...field, pending: 1 }] }] },
      { ...whole, routes: Array(4097).fill(route) },
    ]) {
      writeFileSync(path, typeof damaged === 'string' ? damaged : JSON.stringify(damaged));
      expect(() => file.read(SEED), JSON.stringify(damaged).slice(0, 80)).toThrow(refused);
    }
    await file.write(model());
    expect(file.read(SEED)?.version).toBe(model().version);
  });

  it('say where they cannot be written', async () => {
    await expect(shapesFile(join(folder, 'nowhere'), 0).write(model())).rejects.toMatchObject({ code: 'SP7907' });
  });
});
