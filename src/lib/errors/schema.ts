import type { ErrorEntry } from './entry.ts';

/** Requests and what is declared of them; the inventory of endpoints. */
export const SCHEMA_ERRORS = {
  SP7901: {
    title: 'A request does not fit its description',
    advice:
      'A parameter is missing or is not as the OpenAPI document says; "errors" names it. If the document is wrong, mend it, or set the route to mode: report (docs/schemas.md).',
  },
  SP7902: {
    title: 'A body is of a media type that is not declared',
    advice:
      'The Content-Type of the request is none of those that the OpenAPI document has for this operation (docs/schemas.md).',
  },
  SP7903: {
    title: 'A body does not fit its schema',
    advice:
      '"errors" names what is missing or of another kind. If the document is wrong, mend it, or set the route to mode: report (docs/schemas.md).',
  },
  SP7904: {
    title: 'Part of an OpenAPI document is not checked',
    advice:
      'What is left out is named, with the reason. Patterns that can take forever are not run: write them without a repetition of a repetition, or bound them with maxLength.',
  },
  SP7905: {
    title: 'The inventory of endpoints cannot be read',
    advice:
      'The file inventory.json in the data directory is damaged or of another version. The inventory is kept in memory until it is moved away; what was first seen when is then lost.',
  },
  SP7906: {
    title: 'Learned shapes of parameters cannot be used',
    advice:
      'A file shapes*.json in the data directory is damaged, too large, of another version, or was learned under another seed. Learning begins anew, and the file is replaced within an hour.',
  },
  SP7907: {
    title: 'What was learned of endpoints cannot be written',
    advice:
      'The inventory or the shapes of parameters stay in memory and are tried again. See to the free space and the permissions of the data directory.',
  },
  SP7908: {
    title: 'A path is in no OpenAPI document',
    advice:
      'The document lets nothing else in below its base path (undeclared_routes: refuse). Declare the path, or name it under "routes" of the document with mode: report (docs/schemas.md).',
  },
  SP7909: {
    title: 'A method is not declared for a path',
    advice:
      'The OpenAPI document has the path with other methods; Allow names them. Declare the method, or set the path to mode: report under "routes" of the document (docs/schemas.md).',
  },
} as const satisfies Record<string, ErrorEntry>;
