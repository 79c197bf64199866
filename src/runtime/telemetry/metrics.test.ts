import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALLOW } from '../live/verdict.ts';
import { CONTENT_TYPE, negotiate, render } from './exposition.ts';
import { MetricsFleet } from './fleet.ts';
import { type GatewayMetrics, gatewayMetrics, statusClass } from './gateway-metrics.ts';
import { Label, MetricRegistry, OTHER } from './metrics.ts';
import { fileDescriptors, watchProcess } from './process-metrics.ts';
import { anyText, parseExposition } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const NAMES = {
  version: '1.2.3',
  routes: ['default', '/api/**'],
  upstreams: ['default'],
  limits: ['per-key'],
  detectors: ['probing', 'failure-test'],
};

/** A registry with one of each kind and some traffic. */
function sample(): MetricRegistry {
  const registry = new MetricRegistry();
  registry.info('shop_build_info', 'What "runs".', { version: '1.0' });
  const path = new Label('path', ['/a', 'a"b\\c\nd']);
  const requests = registry.counter('shop_requests_total', 'Requests.\nTwo lines, one \\.', [path]);
  requests.add(path.index('/a'), 2);
  requests.add(path.index('a"b\\c\nd'));
  requests.add(path.index('/unknown'), 0.5);
  registry.counter('shop_quiet_total', 'Nothing yet.');
  registry.gauge('shop_size_bytes', 'Size.').set(0, 0);
  registry.gauge('shop_unset', 'Never set.');
  const duration = registry.histogram('shop_duration_seconds', 'Duration.', [0.5, 1], [path]);
  duration.observe(0, 0.25);
  duration.observe(0, 1);
  duration.observeTraced(0, 7, '0af7651916cd43dd8448eb211c80319c', 1_700_000_000_123);
  return registry;
}

const TEXT = `# HELP shop_build_info What "runs".
# TYPE shop_build_info gauge
shop_build_info{version="1.0"} 1
# HELP shop_requests_total Requests.\\nTwo lines, one \\\\.
# TYPE shop_requests_total counter
shop_requests_total{path="/a"} 2
shop_requests_total{path="a\\"b\\\\c\\nd"} 1
shop_requests_total{path="other"} 0.5
# HELP shop_quiet_total Nothing yet.
# TYPE shop_quiet_total counter
shop_quiet_total 0
# HELP shop_size_bytes Size.
# TYPE shop_size_bytes gauge
shop_size_bytes 0
# HELP shop_unset Never set.
# TYPE shop_unset gauge
# HELP shop_duration_seconds Duration.
# TYPE shop_duration_seconds histogram
shop_duration_seconds_bucket{path="/a",le="0.5"} 1
shop_duration_seconds_bucket{path="/a",le="1"} 2
shop_duration_seconds_bucket{path="/a",le="+Inf"} 3
shop_duration_seconds_sum{path="/a"} 8.25
shop_duration_seconds_count{path="/a"} 3
shop_duration_seconds_bucket{path="a\\"b\\\\c\\nd",le="0.5"} 0
shop_duration_seconds_bucket{path="a\\"b\\\\c\\nd",le="1"} 0
shop_duration_seconds_bucket{path="a\\"b\\\\c\\nd",le="+Inf"} 0
shop_duration_seconds_sum{path="a\\"b\\\\c\\nd"} 0
shop_duration_seconds_count{path="a\\"b\\\\c\\nd"} 0
`;

const OPEN = `# HELP shop_build What \\"runs\\".
# TYPE shop_build info
shop_build_info{version="1.0"} 1
# HELP shop_requests Requests.\\nTwo lines, one \\\\.
# TYPE shop_requests counter
shop_requests_total{path="/a"} 2
`;

describe('the exposition', () => {
  it('is the golden text in Prometheus form', () => {
    expect(render(sample(), 'text')).toBe(TEXT);
  });

  it('differs in OpenMetrics in names, units, bounds, exemplars and its end', () => {
    const text = render(sample(), 'openmetrics');
    expect(text.slice(0, OPEN.length)).toBe(OPEN);
    expect(text).toContain('# TYPE shop_size_bytes gauge\n# UNIT shop_size_bytes bytes\nshop_size_bytes 0\n');
    expect(text).toContain('shop_duration_seconds_bucket{path="/a",le="1.0"} 2\n');
    expect(text).toContain(
      'le="+Inf"} 3 # {trace_id="0af7651916cd43dd8448eb211c80319c"} 7 1700000000.123\nshop_duration_seconds_sum',
    );
    expect(text.endsWith('\n# EOF\n')).toBe(true);
  });

  it.each(['text', 'openmetrics'] as const)('is valid %s, whatever was counted', (format) => {
    const words = anyText(12);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(words, fc.double({ noNaN: true, min: 0, max: 1e9 })), { maxLength: 20 }),
        (seen) => {
          const registry = new MetricRegistry();
          const label = new Label('word', [], 8);
          const counter = registry.counter('a_total', 'A.', [label]);
          const histogram = registry.histogram('b_seconds', 'B.', [0.1, 1, 10], [label]);
          for (const [word, value] of seen) {
            counter.add(label.index(word), value);
            histogram.observe(label.index(word), value);
          }
          const families = parseExposition(render(registry, format), format === 'openmetrics');
          const total = families[0].samples.reduce((sum, { value }) => sum + value, 0);
          expect(total).toBeCloseTo(
            seen.reduce((sum, [, value]) => sum + value, 0),
            3,
          );
          expect(families[0].samples.length).toBeLessThanOrEqual(9);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is what the scraper prefers', () => {
    const prometheus =
      'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';
    expect(negotiate(prometheus)).toBe('openmetrics');
    expect(negotiate('application/openmetrics-text; version="1.0.0"')).toBe('openmetrics');
    expect(negotiate('text/plain;q=0.9, application/openmetrics-text;q=0.3')).toBe('text');
    expect(negotiate('application/openmetrics-text;q=0, */*')).toBe('text');
    for (const accept of [undefined, '', '*/*', 'text/html', ';;q=x,,', 'a'.repeat(5000)]) {
      expect(negotiate(accept), accept).toBe('text');
    }
    expect(CONTENT_TYPE.text).toContain('version=0.0.4');
  });
});

describe('labels', () => {
  it('are bounded: what has no room is counted as other', () => {
    const label = new Label('name', ['a'], 2);
    expect(['a', 'b', 'c', 'd', 'b', 'x'.repeat(500)].map((word) => label.index(word))).toEqual([0, 1, 2, 3, 1, 3]);
    expect([label.value(2), label.value(3), label.size]).toEqual(['c', OTHER, 4]);
  });

  it('give each combination a slot of its own', () => {
    const registry = new MetricRegistry();
    const labels = [new Label('a', ['x', 'y']), new Label('b', ['1', '2', '3']), new Label('c', [], 1)];
    const counter = registry.counter('c_total', 'C.', labels);
    const slots = new Set<number>();
    for (let a = 0; a < 3; a++) {
      for (let b = 0; b < 4; b++) for (let c = 0; c < 2; c++) slots.add(counter.slot(a, b, c));
    }
    expect(slots.size).toBe(counter.series);
    expect([counter.indexIn(counter.slot(1, 2, 0), 0), counter.indexIn(counter.slot(1, 2, 0), 1)]).toEqual([1, 2]);
    expect(counter.slotOf('y', '3', 'new')).toBe(counter.slot(1, 2, 0));
  });

  it('and names are refused where they could never work', () => {
    const registry = new MetricRegistry();
    registry.counter('a_total', 'A.');
    expect(() => registry.counter('a_total', 'A.')).toThrow('twice');
    expect(() => registry.counter('b', 'B.')).toThrow('_total');
    expect(() => registry.gauge('no-name', 'N.')).toThrow('metric name');
    expect(() => new Label('no-name', [])).toThrow('label name');
    expect(() => registry.histogram('h', 'H.', [1, 1])).toThrow('rise');
    expect(() => registry.gauge('big', 'B.', [new Label('x', [], 2_000_000)])).toThrow('series');
  });
});

describe('histograms', () => {
  it('put a value on a bound into the bucket of that bound, and bad clocks into the first', () => {
    const registry = new MetricRegistry();
    const histogram = registry.histogram('h_seconds', 'H.', [1, 2]);
    for (const value of [1, 1.5, 2, 3, -1, Number.NaN]) histogram.observe(0, value);
    expect([...histogram.slots]).toEqual([3, 2, 1, 7.5]);
  });
});

describe('several workers', () => {
  const declare = (names: readonly string[]) => () => {
    const registry = new MetricRegistry();
    const label = new Label('name', names, 4);
    return {
      registry,
      label,
      counter: registry.counter('c_total', 'C.', [label]),
      open: registry.gauge('open', 'O.'),
      worst: registry.gauge('worst', 'W.', [], 'max'),
      own: registry.gauge('own', 'O.', [], 'own'),
      time: registry.histogram('t_seconds', 'T.', [1], [label]),
    };
  };

  it('are added up by the words of their labels, gauges as each says; the ended keep what they counted', () => {
    const make = declare(['a']);
    const [owner, one, two] = [make(), make(), make()];
    const fleet = new MetricsFleet(owner.registry, () => make().registry);
    for (const [i, part] of [owner, one, two].entries()) {
      // Each meets the two words in another order, so their indexes differ.
      for (const word of i === 1 ? ['x', 'y', 'a'] : ['y', 'x', 'a']) {
        part.counter.add(part.label.index(word), 10 ** i);
        part.time.observe(part.label.index(word), i);
      }
      part.open.set(0, i + 1);
      part.worst.set(0, [5, 9, 7][i]);
      part.own.set(0, i);
    }
    fleet.report(1, JSON.parse(JSON.stringify(one.registry.snapshot())));
    fleet.report(1, one.registry.snapshot());
    fleet.report(2, two.registry.snapshot());
    const value = (name: string, word?: string) =>
      parseExposition(render(fleet.total(), 'text'), false)
        .flatMap((family) => family.samples)
        .find((s) => s.name === name && (word === undefined || s.labels.name === word))?.value;
    expect(['a', 'x', 'y'].map((word) => value('c_total', word))).toEqual([111, 111, 111]);
    expect([value('open'), value('worst'), value('own')]).toEqual([6, 9, 0]);
    expect([value('t_seconds_count', 'x'), value('t_seconds_sum', 'x')]).toEqual([3, 3]);
    fleet.ended(1);
    expect([value('c_total', 'x'), value('open'), value('worst')]).toEqual([111, 4, 7]);
  });
});

/** Name → labels of every metric the gateway declares. */
function declared(metrics: GatewayMetrics): Map<string, string> {
  return new Map(metrics.registry.families().map((f) => [f.name, f.labels.map((label) => label.name).join(', ')]));
}

describe("the gateway's metrics", () => {
  it('are those of docs/metrics.md, with their types, labels and words', () => {
    const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `([a-z_]+)` \| (\w+) \| (.*?) \| (.*?) \|$/gm)];
    const written = rows.map(([, name, type, labels, help]) =>
      [name, type, labels.replaceAll('`', ''), help].join(' | '),
    );
    const families = gatewayMetrics(NAMES).registry.families();
    expect(written).toEqual(
      families.map((f) => [f.name, f.type, f.labels.map((l) => l.name).join(', '), f.help].join(' | ')),
    );
  });

  it('count a request in one call', () => {
    const metrics = gatewayMetrics(NAMES);
    const route = metrics.route.index('/api/**');
    metrics.ended('GET', 200, route, ALLOW, 0.02);
    metrics.ended('BREW', 0, route, { ...ALLOW, action: 'block', planned: 'block', mode: 'enforce' }, 0.001);
    const text = render(metrics.registry, 'text');
    expect(text).toContain(
      'sallyport_requests_total{method="GET",status_class="2xx",route="/api/**",action="allow",mode="shadow"} 1\n',
    );
    expect(text).toContain('{method="other",status_class="none",route="/api/**",action="block",mode="enforce"} 1\n');
    expect(text).toContain('sallyport_request_duration_seconds_count{route="/api/**"} 2\n');
    expect([0, 99, 100, 204, 304, 404, 599, 600, 999].map(statusClass)).toEqual([0, 0, 1, 2, 3, 4, 5, 0, 0]);
  });

  it.each(['text', 'openmetrics'] as const)('are valid %s', (format) => {
    const metrics = gatewayMetrics(NAMES);
    const stop = watchProcess(metrics.registry, metrics.process);
    metrics.registry.onScrape(() => {
      throw new Error('a part in trouble');
    });
    const families = parseExposition(render(metrics.registry, format), format === 'openmetrics');
    stop();
    expect(families).toHaveLength(declared(metrics).size);
    const resident = families.find((family) => family.name === 'process_resident_memory_bytes');
    expect(resident?.samples[0].value).toBeGreaterThan(1e6);
    const shed = families.find((family) => family.name.startsWith('sallyport_shed'));
    expect(shed?.samples.every((s) => s.value === 0 && s.labels.reason !== OTHER)).toBe(true);
    expect(shed?.samples.length).toBeGreaterThan(3);
  });

  it('tell open files where the system does', () => {
    const files = fileDescriptors();
    expect(files === null ? process.platform !== 'linux' : files.open > 0 && files.open < files.limit).toBe(true);
  });
});
