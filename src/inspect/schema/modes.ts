/** What is made of departures, by operation and by path: the mode of a document, and the routes of it that have another one. */
import { compileGlob, type Glob, matchGlob } from '../../enrich/routes/glob.ts';

export type SchemaMode = 'learn' | 'report' | 'enforce';

/** `path`: `*` anything but a slash, `**` anything. */
export interface RouteMode {
  readonly path: string;
  /** Any where there are none. */
  readonly methods: readonly string[];
  readonly mode: SchemaMode;
}

const encoder = new TextEncoder();

export class Modes {
  private readonly preset: SchemaMode;
  private readonly routes: readonly { readonly glob: Glob; readonly methods: readonly string[]; mode: SchemaMode }[];

  constructor(preset: SchemaMode, routes: readonly RouteMode[] = []) {
    this.preset = preset;
    this.routes = routes.map(({ path, methods, mode }) => ({ glob: compileGlob(path), methods, mode }));
  }

  /** Of a template: the first route that fits, or the document's own. */
  of(method: string, template: string): SchemaMode {
    const bytes = encoder.encode(template);
    return this.at(method, bytes, 0, bytes.length);
  }

  /** The same for a path in `bytes[start, end)`. */
  at(method: string, bytes: Uint8Array, start: number, end: number): SchemaMode {
    const fits = ({ glob, methods }: (typeof this.routes)[number]): boolean =>
      (methods.length === 0 || methods.includes(method)) && matchGlob(glob, bytes, start, end);
    return this.routes.find(fits)?.mode ?? this.preset;
  }

  get own(): SchemaMode {
    return this.preset;
  }
}
