/** What a gateway learns of parameters where no document is: through the whole gateway, and over a restart. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createBatch } from '../../enrich/facts.ts';
import { SCHEMA } from '../../enrich/kinds.ts';
import { EMPTY_MODEL, type LearnedModel } from '../../enrich/model.ts';
import type { DeskCheck, SchemaDesk } from '../../inspect/schema/index.ts';
import type { ShapeModel } from '../../learn/shapes/model.ts';
import { shapeOf } from '../../learn/shapes/shape.ts';
import { minutes } from '../../lib/units.ts';
import { NO_SHAPES } from '../../runtime/live/shapes-file.ts';
import type { Gate } from '../../runtime/live/verdict.ts';
import { Lessons } from './lessons.ts';
import { type House, onRows, openHouse } from './testing.ts';
import { Closing, httpUpstream } from './upstream/testing.ts';

const START = Date.UTC(2025, 2, 3);

const closing = new Closing();
afterEach(() => closing.run());

interface World extends House {
  readonly notes: string[];
  /** Bits of SCHEMA of every request, in order. */
  readonly bits: number[];
  get(target: string, network?: number): Promise<number>;
}

function upstream(): Promise<string> {
  return httpUpstream(closing, (req, res) => {
    res.statusCode = req.url?.includes('refuse') ? 400 : 200;
    res.end('served');
  });
}

async function world(dir: string, clock: { nowMs: number }, more: Record<string, unknown> = {}): Promise<World> {
  const notes: string[] = [];
  const house = await openHouse({
    upstream: await upstream(),
    settings: {
      routes: { templates: [{ template: '/items/{id}' }] },
      inspection: { shapes: { observations: 50, minutes: 1, identities: 3 } },
      ...more,
    },
    clock: () => clock.nowMs,
    onNote: (text) => notes.push(text),
    dir,
  });
  closing.add(() => house.close());
  const bits: number[] = [];
  onRows(house, (rows, row, response) => {
    if (!response) bits.push(rows.schema[row]);
  });
  const get = async (target: string, network = 1) => {
    const response = await fetch(house.url + target, { headers: { 'X-Forwarded-For': `198.51.${network}.7` } });
    await response.arrayBuffer();
    return response.status;
  };
  return { ...house, notes, bits, get };
}

async function ordinary(w: World, clock: { nowMs: number }, target = (i: number) => `/items/${i % 7}?size=${i % 3}`) {
  for (let i = 0; i < 60; i++) {
    await w.get(target(i), 100 + (i % 5));
    clock.nowMs += minutes(0.1);
  }
}

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-lessons-'));
  closing.add(() => rmSync(dir, { recursive: true }));
  return dir;
}

describe('learned shapes', () => {
  it('are kept at the end, and count from the next start on', async () => {
    const dir = folder();
    const clock = { nowMs: START };
    const first = await world(dir, clock);
    await ordinary(first, clock);
    await first.get('/items/refuse?size=%3Cb%3E');
    expect(new Set(first.bits)).toEqual(new Set([0]));
    await first.close();
    expect(readFileSync(join(dir, 'shapes.json'), 'utf8')).not.toContain('%3C');

    const second = await world(dir, clock);
    expect(await second.get('/items/3?size=2')).toBe(200);
    expect(await second.get('/items/3?size=%3Cb%3E')).toBe(200);
    expect(await second.get('/items/3?size=2&admin=1')).toBe(200);
    expect(await second.get('/elsewhere?size=%3Cb%3E')).toBe(200);
    expect(second.bits).toEqual([0, SCHEMA.shape, SCHEMA.shape, 0]);
    expect(second.notes).toEqual([]);
    expect(second.telemetry.page(undefined).body).toMatch(/sallyport_schema_departures_total\{kind="shape"\} 2/);
  });

  it('begin anew where the file is of no use, and say so', async () => {
    const dir = folder();
    const clock = { nowMs: START };
    writeFileSync(join(dir, 'shapes.json'), '{"file":1}');
    const w = await world(dir, clock);
    expect(w.notes).toEqual([expect.stringMatching(/^SP7906: .*shapes\.json/)]);
    expect(await w.get('/items/3?size=%3Cb%3E')).toBe(200);
    expect(w.bits).toEqual([0]);
    await ordinary(w, clock);
    await w.close();
    expect((await world(dir, clock)).notes).toEqual([]);
  });

  it('are not learned of what speaks against itself, nor where that is off', async () => {
    const dir = folder();
    const clock = { nowMs: START };
    const w = await world(dir, clock);
    await ordinary(w, clock, (i) => `/items/refuse-${i}?size=1`);
    await w.close();
    const off = await world(dir, clock, { inspection: { shapes: { enabled: false } } });
    await ordinary(off, clock);
    await off.close();
    expect(existsSync(join(dir, 'shapes.json'))).toBe(false);
  });

  it('are notes of documents that are not wholly checked, too', async () => {
    const parameter = { name: 'q', in: 'query', schema: { type: 'string', pattern: '^(a+)+$' } };
    const document = { openapi: '3.0.0', paths: { '/a': { get: { parameters: [parameter] } } } };
    const notes: string[] = [];
    const told = new Promise<void>((resolve) => {
      void (async () => {
        const house = await openHouse({
          upstream: await upstream(),
          settings: { inspection: { schemas: [{ openapi: 'a.yaml' }] } },
          schemas: [document],
          ephemeral: true,
          onNote: (text) => {
            notes.push(text);
            resolve();
          },
        });
        closing.add(() => house.close());
      })();
    });
    await told;
    expect(notes).toEqual([expect.stringMatching(/^SP7904: a\.yaml: /)]);
  });
});

describe('lessons', () => {
  const settings = { enabled: true, observations: 50, minutes: 1, identities: 1, routes: 4, fields: 4 };
  const route = { template: '/a', routeClass: 0, answered: 1, requests: 1, origin: 'learned' as const };
  const model: LearnedModel = { ...EMPTY_MODEL, routes: [route] };
  const batch = createBatch(1);
  const check: DeskCheck = {
    operation: null,
    violations: [],
    bits: 0,
    undeclared: [],
    refusal: null,
    sample: { path: '/a', fields: [{ where: 'query.q', value: shapeOf('x', 'string', 1) }], teaches: true },
  };

  it('become a model once an hour, which the desk is told and the disk keeps', async () => {
    const gate = { departed: vi.fn() } as unknown as Gate;
    const store = { read: () => null, write: vi.fn(() => Promise.reject(new Error('full'))) };
    const onFailure = vi.fn();
    const lessons = new Lessons({ gate, seed: 1, store, nowMs: START, onFailure }, settings, model);
    const desk = { useShapes: vi.fn() } as unknown as SchemaDesk;
    lessons.teach(desk);
    const observe = (count: number) => {
      for (let i = 0; i < count; i++) {
        batch.status[0] = 200;
        batch.route[0] = 1;
        batch.timeMs[0] = START + i * minutes(0.1);
        lessons.take('GET', batch, 0, check);
      }
    };
    observe(60);
    lessons.tick(START + minutes(59));
    expect(desk.useShapes).not.toHaveBeenCalled();
    lessons.tick(START + minutes(60));
    const learned = expect.objectContaining({ routes: [expect.objectContaining({ template: '/a', requests: 60 })] });
    expect(desk.useShapes).toHaveBeenCalledExactlyOnceWith(learned);
    await lessons.close(START + minutes(61));
    expect(store.write).toHaveBeenCalledExactlyOnceWith(learned);
    // What the disk does not take is said, and is in force nevertheless.
    expect(onFailure).toHaveBeenCalledExactlyOnceWith(new Error('full'));
    expect(lessons.shaping.shapes).toEqual(learned);
    lessons.configure({ ...settings, enabled: false });
    expect(lessons.shaping).toEqual({ shapes: null });
  });

  it('make a large model in pieces, and what comes meanwhile teaches the next one', async () => {
    const gate = { departed: vi.fn() } as unknown as Gate;
    const templates = Array.from({ length: 8 }, (_, i) => ({ ...route, template: `/r${i}` }));
    const many = { ...EMPTY_MODEL, routes: templates };
    const own = { ...settings, routes: 8 };
    const lessons = new Lessons({ gate, seed: 1, store: NO_SHAPES, nowMs: START, onFailure: vi.fn() }, own, many);
    const told: number[] = [];
    lessons.teach({
      useShapes: (model: ShapeModel | null) => told.push(model?.routes.length ?? 0),
    } as unknown as SchemaDesk);
    const observe = (routes: number): void => {
      batch.status[0] = 200;
      for (let r = 1; r <= routes; r++)
        for (let i = 0; i < 60; i++) {
          batch.route[0] = r;
          batch.timeMs[0] = START + i * minutes(0.1);
          lessons.take('GET', batch, 0, check);
        }
    };
    // Each look at the clock takes longer than a piece may: one step a piece.
    let nowMs = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
      nowMs += 10;
      return nowMs;
    });
    closing.add(() => clock.mockRestore());
    observe(8);
    lessons.tick(START + minutes(60));
    observe(1);
    expect(told).toEqual([]);
    await vi.waitFor(() => expect(told).toEqual([8]));
    expect(lessons.shaping.shapes?.routes.map(({ requests }) => requests)).toEqual(Array(8).fill(60));
    lessons.tick(START + minutes(61));
    await lessons.close(START + minutes(120));
    expect(lessons.shaping.shapes?.routes.map(({ requests }) => requests)).toEqual([120, ...Array(7).fill(60)]);
  });

  it('want each request of a route at first, and a sample of them once there are many', () => {
    const gate = { departed: vi.fn() } as unknown as Gate;
    const lessons = new Lessons({ gate, seed: 1, store: NO_SHAPES, nowMs: START, onFailure: vi.fn() }, settings, model);
    const wanted = (route: number, method: number, count: number): number => {
      batch.route[0] = route;
      batch.method[0] = method;
      let sum = 0;
      for (let i = 0; i < count; i++) if (lessons.wants(batch, 0)) sum++;
      return sum;
    };
    expect([wanted(1, 1, 2000), wanted(1, 1, 1600), wanted(1, 2, 100), wanted(0, 1, 5)]).toEqual([2000, 100, 100, 0]);
    // Of what was taken down to be compared only, nothing is learned.
    const compared = { ...check, sample: check.sample && { ...check.sample, teaches: false } };
    for (let i = 0; i < 60; i++) {
      batch.route[0] = 1;
      batch.timeMs[0] = START + i * minutes(0.1);
      lessons.take('GET', batch, 0, compared);
    }
    lessons.tick(START + minutes(60));
    expect(lessons.shaping.shapes).toBeNull();
    expect(wanted(1, 1, 3)).toBe(3);
    lessons.configure({ ...settings, enabled: false });
    expect(wanted(1, 1, 3)).toBe(0);
  });

  it('tell the inventory what rows do not, and names only where they were answered', () => {
    const gate = { departed: vi.fn() } as unknown as Gate;
    const lessons = new Lessons({ gate, seed: 1, store: NO_SHAPES, nowMs: START, onFailure: vi.fn() }, settings, model);
    const operation = { method: 'GET', template: '/b' } as DeskCheck['operation'];
    const told = (status: number, more: Partial<DeskCheck>) => {
      batch.status[0] = status;
      batch.schema[0] = SCHEMA.range;
      lessons.take('GET', batch, 0, { ...check, operation, sample: null, ...more });
    };
    const violations = [SCHEMA.range, SCHEMA.type].map((kind) => ({ kind, where: 'query.q', what: 'is wrong' }));
    told(200, {});
    told(404, { undeclared: ['x'] });
    expect(gate.departed).not.toHaveBeenCalled();
    told(404, { undeclared: ['x'], violations });
    told(200, { undeclared: ['x'] });
    expect(vi.mocked(gate.departed).mock.calls).toEqual([
      ['GET /b', SCHEMA.type, []],
      ['GET /b', 0, ['x']],
    ]);
  });
});
