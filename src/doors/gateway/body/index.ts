/** Request bodies before they go on. */
export { type Collected, type CollectOptions, type Collector, createCollector } from './collect.ts';
