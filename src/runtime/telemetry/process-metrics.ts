/** What every process tells about itself, under the names that Prometheus' own clients use, and its event loop's delay. */
import { readdirSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { MetricRegistry } from './metrics.ts';

/** Interval of the timer that the delay of the event loop is measured with, in ms: it wakes an idle process each time. */
const LAG_RESOLUTION_MS = 100;

export type ProcessMetrics = ReturnType<typeof processMetrics>;

/** Declares them. */
export function processMetrics(registry: MetricRegistry) {
  return {
    lag: registry.gauge(
      'sallyport_event_loop_lag_seconds',
      'Delay of the event loop since the last scrape, 99th percentile.',
      [],
      'max',
    ),
    cpu: registry.counter('process_cpu_seconds_total', 'Processor time used, user and system.'),
    resident: registry.gauge('process_resident_memory_bytes', 'Memory held in RAM.'),
    heap: registry.gauge('nodejs_heap_size_used_bytes', 'Used heap of the JavaScript engine.'),
    heapLimit: registry.gauge('nodejs_heap_size_limit_bytes', 'Largest heap of one process.', [], 'max'),
    started: registry.gauge('process_start_time_seconds', 'Unix time of the start.', [], 'own'),
    openFiles: registry.gauge('process_open_fds', 'Open file descriptors.'),
    maxFiles: registry.gauge('process_max_fds', 'Most file descriptors that one process may open.', [], 'max'),
  };
}

/** Keeps them current from now on: they are read at each scrape. The function given back ends it. */
export function watchProcess(registry: MetricRegistry, metrics: ProcessMetrics): () => void {
  const delay = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  delay.enable();
  const startSec = Math.round(Date.now() / 1000 - process.uptime());
  registry.onScrape(() => {
    // The monitor measures the whole interval of its timer: what is over it is the delay.
    const late = delay.percentile(99) / 1e9 - LAG_RESOLUTION_MS / 1000;
    metrics.lag.set(0, Math.max(0, late));
    delay.reset();
    const used = process.cpuUsage();
    metrics.cpu.set(0, (used.user + used.system) / 1e6);
    const memory = process.memoryUsage();
    metrics.resident.set(0, memory.rss);
    metrics.heap.set(0, memory.heapUsed);
    metrics.heapLimit.set(0, getHeapStatistics().heap_size_limit);
    metrics.started.set(0, startSec);
    const files = fileDescriptors();
    if (files === null) return;
    metrics.openFiles.set(0, files.open);
    metrics.maxFiles.set(0, files.limit);
  });
  return () => {
    delay.disable();
  };
}

/** Open file descriptors and their soft limit (infinity for none); null where the system does not tell. */
export function fileDescriptors(): { readonly open: number; readonly limit: number } | null {
  try {
    const line = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    if (line === null) return null;
    const limit = line[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(line[1]);
    return { open: readdirSync('/proc/self/fd').length, limit };
  } catch {
    return null;
  }
}
