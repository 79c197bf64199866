import { expect, it } from 'vitest';
import { days, hours, humanDuration, minutes, seconds } from './units.ts';

it.each([
  [0, '0 ms'],
  [999.4, '999 ms'],
  [seconds(1), '1 s'],
  [seconds(1.5), '1.5 s'],
  [seconds(90), '90 s'],
  [minutes(2), '2 min'],
  [minutes(9.5), '9.5 min'],
  [minutes(90), '90 min'],
  [hours(2), '2 h'],
  [hours(2.5), '2.5 h'],
  [hours(47), '47 h'],
  [days(2), '2 d'],
  [days(30), '30 d'],
])('%d ms is "%s"', (ms, text) => {
  expect(humanDuration(ms)).toBe(text);
});
