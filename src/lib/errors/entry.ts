/** One entry of the registry of errors. */
export interface ErrorEntry {
  /** What happened, in general. The message of the error says what happened this time. */
  readonly title: string;
  /** What the reader can do about it. */
  readonly advice: string;
}
