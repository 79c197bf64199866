/** What a scenario is. */
import type { Figure } from '../../bench/lib/figures.ts';

export type Found = Omit<Figure, 'suite'>;

/** Plays, prints what a person should read, and gives back figures. */
export type Scenario = (command: string, seed: number, print: (text: string) => void) => Promise<readonly Found[]>;
