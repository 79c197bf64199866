/** What GraphQL requests may ask for: `inspection.graphql`. */
import { z } from 'zod';
import { filePath } from './checks.ts';

const limit = (preset: number, max: number) => z.int().min(1).max(max).default(preset);

export const graphql = z
  .strictObject({
    paths: z
      .array(z.string().startsWith('/'))
      .default(['/graphql', '/**/graphql'])
      .describe('Where GraphQL is spoken. * stands for anything but a slash, ** for anything.'),
    mode: z
      .enum(['off', 'report', 'enforce'])
      .default('report')
      .describe('What happens to requests beyond the limits: they are reported, or refused.'),
    max_depth: limit(15, 100).describe('Fields within fields; introspection does not count.'),
    max_aliases: limit(30, 100_000),
    max_root_fields: limit(30, 100_000).describe('Fields of the operation itself.'),
    max_directives: limit(50, 100_000),
    max_tokens: limit(15_000, 100_000).describe('Words of one document: what is longer is not read.'),
    max_batch: limit(10, 1000).describe('Operations in one request.'),
    max_cost: limit(10_000, 1_000_000_000).describe('Objects that may come, as bounded before anything is asked for.'),
    default_list_size: limit(10, 100_000).describe(
      'Assumed length of lists of which neither schema nor request says it.',
    ),
    introspection: z.enum(['allow', 'report', 'refuse']).default('report').describe('Questions for the schema itself.'),
    schema: filePath
      .optional()
      .describe('The schema in SDL; @cost and @listSize (GraphQL Cost Directives) make the bound tighter.'),
    persisted: z
      .enum(['off', 'allow', 'require'])
      .default('allow')
      .describe(
        'Documents named by their hash: refused; learned as automatic persisted queries are; or only those of the list.',
      ),
    documents: filePath
      .optional()
      .describe('Trusted documents, a JSON file: hash → text, or a manifest of operations.'),
    persisted_documents: limit(1000, 100_000).describe('Documents learned from requests and kept in memory.'),
    units_per_minute: z
      .int()
      .min(1)
      .optional()
      .describe(
        'Cost units that one credential may use in a minute, or one address where nobody has proven who asks. A plan with a rate in cost units counts instead.',
      ),
  })
  .prefault({})
  .describe('GraphQL: docs/graphql.md.');

export type GraphqlConfig = z.output<typeof graphql>;
