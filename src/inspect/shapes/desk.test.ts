import { describe, expect, it } from 'vitest';
import { SCHEMA } from '../../enrich/kinds.ts';
import { ShapeLearner } from '../../learn/shapes/learner.ts';
import { ENOUGH, type ShapeModel } from '../../learn/shapes/model.ts';
import { minutes } from '../../lib/units.ts';
import type { Asked, ParsedBody } from '../contract.ts';
import { createSchemaDesk } from '../schema/index.ts';
import { asked, askedJson } from '../schema/testing.ts';
import { pathFields } from './desk.ts';

const SEED = 11;
const START = Date.UTC(2025, 2, 3);

/** A desk without documents, and one request through it: what departs, and what it looks like. */
const desk = (shapes: ShapeModel | null = null) =>
  createSchemaDesk({ documents: [], shapes, sampling: { seed: SEED, enough: ENOUGH } });

function order(i: number, more: Record<string, unknown> = {}): [Asked, ParsedBody] {
  const items = Array.from({ length: 1 + (i % 3) }, (_, k) => ({
    sku: `SKU-${100 + ((i + k) % 40)}`,
    count: 1 + (i % 5),
  }));
  const value = { items, note: ['', 'ring twice', 'thanks'][i % 3], ...more };
  const [head, body] = askedJson('POST', `/shops/${i % 7}/orders?lang=${i % 2 === 0 ? 'en' : 'de'}`, value);
  const fields = items.flatMap((item, k) => [
    { path: `$.items[${k}].sku`, name: 'sku', type: 'string' as const, text: item.sku },
    { path: `$.items[${k}].count`, name: 'count', type: 'number' as const, text: String(item.count) },
  ]);
  const texts = Object.entries(value).filter(([name]) => name !== 'items');
  for (const [name, text] of texts)
    fields.push({ path: `$.${name}`, name, type: 'string' as never, text: String(text) });
  fields.push({ path: '$.items', name: 'items', type: 'key' as never, text: 'items' });
  return [head, { ...body, fields }];
}

function learned(): ShapeModel {
  const learner = new ShapeLearner(SEED);
  for (let i = 0; i < 600; i++) {
    const sample = desk().check(...order(i)).sample;
    if (sample === null) throw new Error('nothing was taken down');
    const fields = [...pathFields('/shops/{shop}/orders', sample.path, SEED), ...sample.fields];
    learner.observe('POST', '/shops/{shop}/orders', fields, i % 9, START + i * minutes(0.2));
  }
  return learner.learn(null, START + minutes(121));
}

describe('what no document has', () => {
  const model = learned();
  const made = desk(model);
  const said = (request: [Asked, ParsedBody | null]) =>
    made.check(...request).violations.map(({ where, what }) => `${where} ${what}`);

  it('is only taken down where it may teach, or is to be compared', () => {
    const [head, body] = order(1);
    const silent = { ...head, teaches: false };
    expect(desk().check(silent, body).sample).toBeNull();
    expect(made.check({ ...silent, target: '/elsewhere/1?a=b' }, null).sample).toBeNull();
    expect(made.check(silent, body).sample).toMatchObject({ teaches: false });
    expect(made.check(head, body).sample).toMatchObject({ teaches: true });
  });

  it('is compared with what is usual there', () => {
    for (let i = 0; i < 100; i++) expect(said(order(i))).toEqual([]);
    const [head, body] = order(1, { note: "'; drop table orders --" });
    expect(said([head, body])).toEqual(['body$.note has quotes that are not usual here']);
    expect(made.check(head, body)).toMatchObject({ bits: SCHEMA.shape, operation: null, refusal: null });
    expect(said([{ ...head, target: '/shops/1%27/orders?lang=en' }, order(1)[1]])[0]).toContain('path.shop');
    expect(said([{ ...head, target: '/shops/1/orders?lang=xx' }, order(1)[1]])).toEqual([
      'query.lang is none of the usual values',
    ]);
    expect(said(order(1, { admin: 'yes' }))).toEqual(['body$.admin is not usual on this route']);
  });

  it('says nothing about other routes and methods, nor without a model', () => {
    expect(said([asked('GET', "/shops/1/orders?lang='"), null])).toEqual([]);
    expect(said([asked('POST', "/elsewhere?lang='"), null])).toEqual([]);
    made.useShapes(null);
    expect(said(order(1, { admin: 'yes' }))).toEqual([]);
    made.useShapes(model);
    expect(said(order(1, { admin: 'yes' }))).toHaveLength(1);
  });

  it('says nothing where hashes are under another key', () => {
    expect(desk({ ...model, seed: 3 }).check(...order(1)).bits).toBe(0);
    made.useShapes({ ...model, seed: 3 });
    expect(said(order(1, { admin: 'yes' }))).toEqual([]);
  });
});

describe('what a request looks like', () => {
  it('is bounded, and holds no value', () => {
    const items = Array.from({ length: 5000 }, (_, i) => ({
      path: `$.l[${i}].x${i % 90}`,
      name: 'x',
      type: 'string' as const,
      text: 'secret',
    }));
    const [head, body] = askedJson('POST', '/a', {});
    const { sample } = desk().check(head, { ...body, fields: items });
    expect(sample?.fields).toHaveLength(64);
    expect(JSON.stringify(sample?.fields)).not.toContain('secret');
  });

  it('is not taken down where nothing is learned, nor of what is declared', () => {
    const document = { openapi: '3.0.0', paths: { '/a': { get: {} } } };
    const documents = [{ document, mode: 'report' as const }];
    expect(createSchemaDesk({ documents }).check(asked('GET', '/b'), null).sample).toBeNull();
    const both = createSchemaDesk({ documents, sampling: { seed: SEED, enough: ENOUGH } });
    expect(both.check(asked('GET', '/a'), null).sample).toBeNull();
    expect(both.check(asked('GET', '/b'), null).sample).not.toBeNull();
  });
});
