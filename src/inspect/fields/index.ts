/** Business fields of requests. */
export { advanceDaily, DailySecret, drawDaily } from './daily-secret.ts';
export { createFieldReader, type FieldInput, type FieldReader } from './reader.ts';
