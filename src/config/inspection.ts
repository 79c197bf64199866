/** What is looked at in requests and answers, and how much of it: the bounds of inspection. Sizes are in bytes. */
import { z } from 'zod';
import { filePath } from './checks.ts';
import { graphql } from './graphql.ts';
import { inventory, schemas, shapes } from './schemas.ts';

const bodies = z
  .strictObject({
    decoded_bytes: z
      .int()
      .min(1024)
      .max(16_777_216)
      .default(1_048_576)
      .describe('Bytes of a body that are looked at after decoding.'),
    ratio: z
      .int()
      .min(10)
      .max(100_000)
      .default(200)
      .describe('A compressed body that fills decoded_bytes and grows by more than this factor is a bomb.'),
    depth: z.int().min(4).max(512).default(64).describe('Levels of objects, elements or messages.'),
    fields: z.int().min(100).max(100_000).default(10_000).describe('Fields of one body.'),
    text_bytes: z
      .int()
      .min(1024)
      .max(1_048_576)
      .default(65_536)
      .describe('Longest text of one field, in characters; what is longer is looked at in pieces.'),
    parts: z.int().min(1).max(10_000).default(256).describe('Parts of a multipart body.'),
    decodings: z.int().min(1).max(1024).default(16).describe('Compressed bodies decoded at once; others wait.'),
    memory_bytes: z
      .int()
      .min(1_048_576)
      .default(256 * 1024 * 1024)
      .describe('Memory for request bodies that are held back, over all requests of one worker.'),
    spool_dir: filePath.optional().describe('Folder for bodies kept on disk; the system folder for temporary files.'),
    spool_total_bytes: z
      .int()
      .min(0)
      .default(1024 ** 3)
      .describe('Disk space for them, over all requests of one worker.'),
  })
  .prefault({})
  .describe('Request bodies: docs/bodies.md.');

export const inspection = z
  .strictObject({ graphql, bodies, schemas, shapes, inventory })
  .prefault({})
  .describe('What is looked at in requests and answers.');
