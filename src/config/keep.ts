/** The part of `sallyport.yaml` about what `serve` keeps, learns and tells. Times end in their unit. */
import { z } from 'zod';
import { filePath, seconds } from './checks.ts';
import { listenAddress } from './serve.ts';

export const records = z
  .strictObject({
    data_dir: filePath
      .default('sallyport-data')
      .describe('Ledger, journal, keys and snapshots; relative to this file.'),
    ledger: z.strictObject({ commit_ms: z.int().min(1).max(50).default(20) }).prefault({}),
    journal: z
      .strictObject({
        enabled: z.boolean().default(true),
        max_bytes: z
          .int()
          .min(1_048_576)
          .default(2 * 1024 ** 3)
          .describe('Oldest segments go beyond it.'),
        segment_bytes: z
          .int()
          .min(65_536)
          .default(64 * 1024 * 1024),
        sample: z
          .number()
          .min(0)
          .max(1)
          .default(1)
          .describe('Share of unremarkable exchanges kept; below 1 replay is by weight.'),
        ring_bytes: z
          .int()
          .min(0)
          .default(64 * 1024 * 1024)
          .describe('The last 15 minutes, whole, encrypted in memory.'),
      })
      .prefault({}),
    state: z
      .strictObject({
        enabled: z
          .boolean()
          .default(true)
          .describe('Keep over a restart what is known of callers: no texts, keyed hashes.'),
        save_s: seconds(300, 86_400).describe('Between two savings while it runs; it is always saved at the end.'),
      })
      .prefault({}),
  })
  .prefault({})
  .describe('What is kept, and where.');

export const learning = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe('Learn route templates and baselines from what passes. false: what was learned before stays in force.'),
    first_after_requests: z.int().min(50).default(500).describe('Exchanges that a model is made of at least.'),
    first_after_s: seconds(60, 86_400).describe('Time that the first one is made of at least.'),
    baselines_after_s: seconds(21_600, 7 * 86_400).describe(
      'Time that a sample covers before it tells what is usual; until then it can only make what is assumed milder.',
    ),
    interval_s: z
      .number()
      .min(60)
      .max(7 * 86_400)
      .default(3600)
      .describe('Between models, once the first two were made; the second comes after 600 s.'),
  })
  .prefault({})
  .describe('What is learned while the gateway runs: docs/learning.md.');

export const telemetry = z
  .strictObject({
    traces: z
      .strictObject({
        endpoint: z.url().optional().describe('OTLP over HTTP: http://127.0.0.1:4318/v1/traces.'),
        sample: z.number().min(0).max(1).default(0.01),
        service_name: z.string().default('sallyport'),
      })
      .prefault({}),
    events: z
      .strictObject({
        path: filePath.optional().describe('File for one JSON decision event a request; "-" is standard output.'),
        only_decided: z.boolean().default(true).describe('Leave out requests about which nothing was decided.'),
      })
      .prefault({}),
  })
  .prefault({})
  .describe('Traces and decision events. Metrics are served by the admin listener.');

export const admin = z
  .strictObject({
    listen: listenAddress.default('127.0.0.1:9464').describe('Live page, metrics and operator API.'),
    token_file: filePath.optional().describe('File with the token; made in data_dir when left out.'),
    hosts: z
      .array(z.string().regex(/^[A-Za-z0-9.-]+(:\d{1,5})?$/, 'a name such as sallyport.example.com'))
      .default([])
      .describe(
        'Names under which a proxy before the admin listener asks for it; addresses and localhost always work.',
      ),
    metrics_without_token: z.boolean().default(false),
  })
  .prefault({})
  .describe('The admin listener.');
