/** Business fields of requests. */
export { DailySecret } from './daily-secret.ts';
export { createFieldReader, type FieldInput, type FieldReader } from './reader.ts';
