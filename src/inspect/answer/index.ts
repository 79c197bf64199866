/** What answers give away. */
export type { ObjectCounter } from './objects.ts';
export { type AnswerReader, createAnswerReader } from './reader.ts';
