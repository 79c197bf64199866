import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBatch, FLAG } from '../../enrich/facts.ts';
import { SCHEMA } from '../../enrich/kinds.ts';
import { days, minutes } from '../../lib/units.ts';
import { BUCKETS, bucketOf, Sizes, upperEdge } from './buckets.ts';
import { mayTeach, type ShapeBounds, type ShapedField, ShapeLearner } from './learner.ts';
import { departs, ENOUGH, type FieldModel, routeDeparts, type ShapeModel } from './model.ts';
import { bodyPlace, pathTexts, queryPlace } from './places.ts';
import { SHAPE_CLASS, SHAPE_TYPE, shapeOf, type ValueType } from './shape.ts';

fc.configureGlobal({ seed: 20240304 });

const SEED = 7;
const START = Date.UTC(2025, 2, 3);
const shape = (text: string, type: ValueType = 'string') => shapeOf(text, type, SEED);

describe('the shape of a value', () => {
  it('has a type', () => {
    const cases: [string, ValueType, number][] = [
      ['', 'string', SHAPE_TYPE.empty],
      ['12', 'string', SHAPE_TYPE.integer],
      ['-12', 'number', SHAPE_TYPE.integer],
      ['1.5', 'number', SHAPE_TYPE.decimal],
      ['1.', 'string', SHAPE_TYPE.text],
      ['1e5', 'string', SHAPE_TYPE.text],
      ['-', 'string', SHAPE_TYPE.text],
      ['1'.repeat(30), 'string', SHAPE_TYPE.text],
      ['true', 'string', SHAPE_TYPE.boolean],
      ['null', 'null', SHAPE_TYPE.null],
      ['abc', 'string', SHAPE_TYPE.text],
      ['abc', 'file', SHAPE_TYPE.file],
    ];
    for (const [text, type, wanted] of cases) expect(shape(text, type).type, text).toBe(wanted);
  });

  it('has kinds of characters, a length and a magnitude', () => {
    const { classes, length } = shape("a1 'b'");
    expect(classes).toBe(SHAPE_CLASS.lower | SHAPE_CLASS.digit | SHAPE_CLASS.blank | SHAPE_CLASS.quote);
    expect(length).toBe(6);
    expect(shape('é').classes).toBe(SHAPE_CLASS.beyond);
    expect(shape('-1234.9')).toMatchObject({ magnitude: 1234, negative: true });
    expect(shape('abc').magnitude).toBe(-1);
    expect(shape('abc').hash).not.toBe(shapeOf('abc', 'string', SEED + 1).hash);
  });
});

describe('buckets', () => {
  it('cover whole numbers, each below the edge of its own', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (n) => {
        const bucket = bucketOf(n);
        if (bucket < BUCKETS - 1) expect(upperEdge(bucket)).toBeGreaterThanOrEqual(n);
        if (bucket > 0) expect(upperEdge(bucket - 1)).toBeLessThan(n);
        expect(upperEdge(bucket)).toBeLessThanOrEqual(Math.max(8, n * 1.25));
      }),
    );
    const sizes = new Sizes();
    expect(sizes.quantile(995)).toBe(-1);
    for (let i = 0; i < 1000; i++) sizes.add(i < 998 ? 6 : 9000);
    expect(sizes.quantile(995)).toBe(6);
  });
});

describe('places', () => {
  it('are those of parameters, without indexes', () => {
    expect(bodyPlace('$.items[12].price')).toBe('body$.items[].price');
    expect(bodyPlace('name')).toBe('body$.name');
    expect(queryPlace('page')).toBe('query.page');
    expect(pathTexts('/a/{id}/img-{n}.png', '/a/7%20/img-12.png')).toEqual([
      { where: 'path.id', text: '7 ' },
      { where: 'path.n', text: '12' },
    ]);
    expect(pathTexts('/a/{id}', '/a')).toEqual([]);
    expect(pathTexts('/a/{id}', '/a/%zz')).toEqual([{ where: 'path.id', text: '%zz' }]);
  });
});

interface Sent {
  readonly values: Record<string, string>;
  readonly identity: number;
  readonly timeMs: number;
}

const fieldsOf = (values: Record<string, string>): ShapedField[] =>
  Object.entries(values).map(([name, text]) => ({ where: `query.${name}`, value: shape(text) }));

function teach(learner: ShapeLearner, sent: Iterable<Sent>, template = '/a'): void {
  for (const { values, identity, timeMs } of sent) learner.observe('GET', template, fieldsOf(values), identity, timeMs);
}

/** Two hours of ordinary requests of ten senders. */
function* ordinary(fromMs: number, count = 1000): Generator<Sent> {
  for (let i = 0; i < count; i++) {
    const values = {
      page: String(1 + (i % 30)),
      sort: ['name', 'price', 'newest'][i % 3],
      q: ['blue chair', 'lamp', 'Sofa bed 2', 'garden-table'][i % 4].slice(0, 3 + (i % 9)),
      ...(i % 2 === 0 && { note: `n${i}` }),
    };
    yield { values, identity: i % 10, timeMs: fromMs + Math.floor((i * minutes(120)) / count) };
  }
}

function learned(more: Iterable<Sent> = [], bounds?: ShapeBounds): ShapeModel {
  const learner = new ShapeLearner(SEED, bounds);
  teach(learner, ordinary(START));
  teach(learner, more);
  return learner.learn(null, START + minutes(121));
}
const fieldOf = (model: ShapeModel, name: string): FieldModel =>
  model.routes[0].fields.find(({ where }) => where === `query.${name}`) as FieldModel;
const said = (model: ShapeModel, name: string, text: string): string =>
  departs(fieldOf(model, name), shape(text))?.what ?? '';

describe('what was learned', () => {
  const model = learned();

  it('says nothing about what is usual', () => {
    for (const { values } of ordinary(START)) {
      for (const [name, text] of Object.entries(values)) expect(said(model, name, text), text).toBe('');
    }
    for (const text of ['', '31', 'red sofa']) expect(said(model, 'q', text), text).toBe('');
    expect(said(model, 'page', '45')).toBe('');
  });

  it('names what is unlike everything seen', () => {
    expect(said(model, 'page', 'abc')).toMatch(/type/);
    expect(said(model, 'page', '-1')).toMatch(/below zero/);
    expect(said(model, 'page', '99999')).toMatch(/greater/);
    expect(said(model, 'sort', 'id')).toMatch(/none of the usual values/);
    expect(said(model, 'q', "x' or 1=1")).toMatch(/quotes/);
    expect(said(model, 'q', '<b>')).toMatch(/angle/);
    expect(said(model, 'q', 'long words '.repeat(9))).toMatch(/longer/);
    expect(departs(fieldOf(model, 'q'), shape('<b>'))).toMatchObject({ bits: SCHEMA.shape, where: 'query.q' });
  });

  it('knows which fields there are, and how many', () => {
    const [route] = model.routes;
    expect(routeDeparts(route, ['query.page', 'query.q'], 2)).toBeNull();
    expect(routeDeparts(route, ['query.page', 'query.debug'], 2)?.where).toBe('query.debug');
    expect(routeDeparts(route, [], 100)?.what).toContain('more fields');
    expect(fieldOf(model, 'note').presentPerMille).toBe(500);
  });

  it('is data: it can be written down, and has a version', () => {
    expect(JSON.parse(JSON.stringify(model))).toEqual(model);
    expect(model.version).toMatch(/^[0-9a-f]{16}$/);
    expect(learned().version).toBe(model.version);
    expect(JSON.stringify(model)).not.toContain('blue');
  });
});

describe('too little', () => {
  const requests = [...ordinary(START)];

  it('says nothing: few requests, a short time, one sender', () => {
    const few = requests.slice(0, 150).map((one, i) => ({ ...one, timeMs: START + minutes(i) }));
    const short = requests.map((one, i) => ({ ...one, timeMs: START + i * 10 }));
    const lonely = requests.map((one) => ({ ...one, identity: 1 }));
    for (const sent of [few, short, lonely]) {
      const learner = new ShapeLearner(SEED);
      teach(learner, sent);
      // A day later everything goes into the model, enough or not.
      const model = learner.learn(null, START + days(2));
      expect(model.routes).toHaveLength(1);
      expect(said(model, 'q', '<b>')).toBe('');
      expect(routeDeparts(model.routes[0], ['query.debug'], 100)).toBeNull();
    }
  });

  it('is waited for, before a model has it', () => {
    const learner = new ShapeLearner(SEED);
    teach(learner, requests.slice(0, 150));
    expect(learner.learn(null, START + minutes(121)).routes).toEqual([]);
  });
});

describe('somebody who wants to teach', () => {
  const poison = (fromMs: number, count: number, identities = 10): Sent[] =>
    Array.from({ length: count }, (_, i) => ({
      values: { page: String(10 ** (1 + (i % 9))), q: `<script>${'x'.repeat(500)}`, sort: `s${i % 5}` },
      identity: i % identities,
      timeMs: fromMs + Math.floor((i * minutes(120)) / count),
    }));

  it('moves what is established by a tenth a day', () => {
    const first = learned();
    const learner = new ShapeLearner(SEED);
    let model = first;
    let widest = fieldOf(first, 'q').length;
    for (let day = 1; day <= 5; day++) {
      for (let hour = 0; hour < 24; hour += 4) {
        const nowMs = START + days(day) + minutes(hour * 60);
        teach(learner, poison(nowMs, 1000));
        model = learner.learn(model, nowMs + minutes(121));
      }
      widest += Math.max(1, Math.ceil(widest / 10));
      expect(fieldOf(model, 'q').length).toBeLessThanOrEqual(widest);
      expect(fieldOf(model, 'page').magnitude).toBeLessThan(100);
    }
    expect(fieldOf(model, 'q').length).toBeGreaterThan(fieldOf(first, 'q').length);
    expect(fieldOf(model, 'sort').values?.length).toBeLessThanOrEqual(3 + 5);
  });

  it('waits a day before new kinds of characters count, and needs several senders', () => {
    const learner = new ShapeLearner(SEED);
    let model = learned();
    const later = (ms: number, identities: number): ShapeModel => {
      teach(learner, poison(START + ms, 1000, identities));
      model = learner.learn(model, START + ms + minutes(121));
      return model;
    };
    expect(said(later(days(1), 10), 'q', '<b>')).toMatch(/angle/);
    expect(said(later(days(1.5), 10), 'q', '<b>')).toMatch(/angle/);
    expect(said(later(days(3), 1), 'q', '<b>')).toMatch(/angle/);
    expect(said(later(days(4), 10), 'q', '<b>')).toBe('');
  });

  it('makes no new name usual alone', () => {
    const learner = new ShapeLearner(SEED);
    const sent = (fromMs: number, identities: number): Sent[] =>
      poison(fromMs, 1000, identities).map((one) => ({ ...one, values: { page: '1', admin: 'yes' } }));
    const strange = (model: ShapeModel) => routeDeparts(model.routes[0], ['query.admin'], 1)?.where;
    teach(learner, sent(START + days(1), 1));
    const alone = learner.learn(learned(), START + days(1) + minutes(121));
    expect(strange(alone)).toBe('query.admin');
    teach(learner, sent(START + days(2), 10));
    expect(strange(learner.learn(alone, START + days(2) + minutes(121)))).toBeUndefined();
  });

  it('is not believed where it was but a few requests', () => {
    const model = learned(poison(START, 1));
    expect(said(model, 'q', '<b>')).toMatch(/angle/);
  });
});

describe('bounds', () => {
  it('keep the routes and fields with the most requests', () => {
    const learner = new ShapeLearner(SEED, { routes: 4, fields: 3 });
    for (let i = 0; i < 5000; i++) {
      const timeMs = START + i * 1440;
      teach(learner, [{ values: { a: 'x', b: 'y' }, identity: i % 9, timeMs }], '/used');
      teach(learner, [{ values: { [`f${i}`]: 'x' }, identity: i % 9, timeMs }], '/used');
      teach(learner, [{ values: { a: 'x' }, identity: i % 9, timeMs }], `/invented/${i}`);
    }
    const model = learner.learn(null, START + days(3));
    expect(model.routes.length).toBeLessThanOrEqual(4);
    const used = model.routes.find(({ template }) => template === '/used');
    expect(used?.requests).toBe(10_000);
    expect(used?.fields.length).toBeLessThanOrEqual(3);
    expect(used?.fields.map(({ where }) => where)).toEqual(expect.arrayContaining(['query.a', 'query.b']));
  });
});

describe('who may teach', () => {
  const batch = createBatch(8);
  const may = (columns: Record<string, number>): boolean => {
    for (const name of [
      'status',
      'flags',
      'contentMillinats',
      'probeRule',
      'decoy',
      'schema',
      'softwareClass',
    ] as const) {
      batch[name][0] = columns[name] ?? (name === 'status' ? 200 : 0);
    }
    return mayTeach(batch, 0);
  };

  it('was answered with success, and nothing speaks against it', () => {
    expect(may({})).toBe(true);
    expect(may({ schema: SCHEMA.shape })).toBe(true);
    const wrong: Record<string, number>[] = [
      { status: 404 },
      { status: 302 },
      { flags: FLAG.NOT_ADMITTED },
      { flags: FLAG.BODY_CUT },
      { contentMillinats: 100 },
      { probeRule: 1 },
      { decoy: 1 },
      { schema: SCHEMA.type },
      { schema: SCHEMA.shape | SCHEMA.undeclaredParameter },
      { softwareClass: 5 },
    ];
    for (const columns of wrong) {
      expect(may(columns), JSON.stringify(columns)).toBe(false);
    }
  });

  it('says nothing before it is enough by default', () => {
    expect(ENOUGH).toEqual({ observations: 200, minutes: 60, identities: 5 });
  });
});
