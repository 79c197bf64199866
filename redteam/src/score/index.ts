/** The scoreboard: who was found, when, what got through, and who was hurt. README.md says how each figure is defined. */
export { addScore } from './cli.ts';
export { type Measured, type MeasureOptions, measureNull, measureSeed } from './measure.ts';
export { htmlReport } from './report/html.ts';
export { jsonReport } from './report/json.ts';
export { terminalReport } from './report/terminal.ts';
export { type Scoreboard, scoreboard } from './scoreboard.ts';
