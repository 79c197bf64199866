/** What is declared of requests, and what is learned where nothing is: `inspection.schemas`, `.shapes`, `.inventory`. */
import { z } from 'zod';
import { filePath, methods } from './checks.ts';

const schemaMode = z.enum(['learn', 'report', 'enforce']);

/** Documents of one gateway. */
const MAX_DOCUMENTS = 16;

export const schemas = z
  .array(
    z.strictObject({
      openapi: filePath.describe('OpenAPI 3 or Swagger 2 document, JSON or YAML; relative to this file.'),
      mode: schemaMode
        .default('report')
        .describe('learn: only the inventory is told; report: evidence and metrics; enforce: what departs is refused.'),
      base_path: z
        .string()
        .startsWith('/')
        .optional()
        .describe('Path below which it is served; that of its servers when left out.'),
      undeclared: z
        .enum(['allow', 'report', 'refuse'])
        .default('report')
        .describe('Parameters and properties that the document does not name, and does not rule out.'),
      undeclared_routes: z
        .enum(['allow', 'report', 'refuse'])
        .default('report')
        .describe('Paths below its base path, and methods, that no document has. Refused in mode enforce only.'),
      routes: z
        .array(
          z.strictObject({
            path: z
              .string()
              .startsWith('/')
              .default('/**')
              .describe('* stands for anything but a slash, ** for anything.'),
            methods,
            mode: schemaMode,
          }),
        )
        .default([])
        .describe('Modes of single operations, and of undeclared paths; the first that matches counts.'),
    }),
  )
  .max(MAX_DOCUMENTS)
  .default([])
  .describe('Documents that requests are compared with: docs/schemas.md.');

export const shapes = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Learn what values usually look like where no document says it.'),
    observations: z.int().min(50).max(1_000_000).default(200).describe('Values of a field before it says anything.'),
    minutes: z.int().min(1).max(10_080).default(60).describe('Time over which they came at least.'),
    identities: z.int().min(1).max(8).default(5).describe('Senders that they came from at least.'),
    routes: z.int().min(1).max(4096).default(256).describe('Routes learned; those with the most requests.'),
    fields: z.int().min(1).max(256).default(48).describe('Fields of one route.'),
  })
  .prefault({})
  .describe('Learned shapes of parameters: weak evidence, never more.');

export const inventory = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Keep a list of endpoints: documented, shadow, zombie.'),
    endpoints: z.int().min(16).max(65_536).default(4096).describe('Endpoints kept; those with the most requests.'),
    unused_days: z
      .int()
      .min(1)
      .max(365)
      .default(30)
      .describe('A documented endpoint that nobody called for so long is a zombie.'),
  })
  .prefault({})
  .describe('The inventory of endpoints.');
