/** Plays the story in a process that is going to be killed: a line for every record, with the decision hash after it. */
import { writeSync } from 'node:fs';
import { Story } from './live-story.ts';

const STDOUT = 1;

const story = await Story.open({ dir: process.argv[2] });
const { live } = story.house;
const { engine } = live.runtime.parts;
const tell = (): void => {
  writeSync(STDOUT, `${engine.sequence} ${live.operator.status().decision_hash}\n`);
};
const step = engine.step.bind(engine);
engine.step = (...event) => {
  const decision = step(...event);
  tell();
  return decision;
};
const controlled = engine.controlled.bind(engine);
engine.controlled = (text) => {
  controlled(text);
  tell();
};
await story.play();
// It never ends by itself.
for (;;) await story.people(6);
