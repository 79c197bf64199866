/** The room that looks at answers on their way back. */
export { type AnswerLook, AnswerRoom } from './look.ts';
