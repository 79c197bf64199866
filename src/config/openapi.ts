/** Route templates out of an OpenAPI 3 document. Only its `paths` and servers are read; nothing is fetched. */
import { parse } from 'yaml';
import { SallyportError } from '../lib/errors.ts';

interface OpenApiDocument {
  readonly openapi?: unknown;
  readonly swagger?: unknown;
  readonly servers?: readonly { readonly url?: unknown }[];
  readonly paths?: Readonly<Record<string, unknown>>;
}

/** The templates a document declares, each once, under the path of every server it names. SallyportError SP1009. */
export function openApiTemplates(text: string, file: string): string[] {
  let document: OpenApiDocument | null;
  try {
    // JSON is YAML, so one reader does for both.
    document = parse(text, { maxAliasCount: 100 });
  } catch (error) {
    throw new SallyportError('SP1009', `${file}: ${(error as Error).message.split('\n')[0]}`, { cause: error });
  }
  if (typeof document !== 'object' || document === null || !('openapi' in document || 'swagger' in document)) {
    throw new SallyportError('SP1009', `${file}: there is no "openapi" in it`);
  }
  if (!String(document.openapi ?? '').startsWith('3.')) {
    throw new SallyportError(
      'SP1009',
      `${file}: version ${String(document.openapi ?? document.swagger)} is not OpenAPI 3`,
    );
  }
  if (typeof document.paths !== 'object' || document.paths === null) {
    throw new SallyportError('SP1009', `${file}: there is no "paths" in it`);
  }
  const bases = new Set((document.servers ?? [{ url: '/' }]).map((server) => basePath(String(server.url ?? '/'))));
  const templates = Object.keys(document.paths).filter((path) => path.startsWith('/'));
  return [...new Set([...bases].flatMap((base) => templates.map((path) => base + path)))];
}

/** "https://api.shop.example/v1/" → "/v1". Variables stay parameters. */
function basePath(url: string): string {
  const path = url.replace(/^[a-z][a-z+.-]*:\/\/[^/]*/i, '').replace(/[?#].*$/, '');
  return path.replace(/\/+$/, '');
}
