/** Catalogue 7: somebody is let in as a user, from where and with what that user never came. */
import type { ValuesOf } from '../../engine/aggregates.ts';
import { CAP, defineDetector } from '../../engine/detector.ts';
import { acceptedPrincipal } from '../conditions.ts';
import { habitNeeds, novelty, oneIn, strangeTraits } from './novelty.ts';

/** In millinats: a new phone at home or a known one abroad stays below. */
const FINDING = 3000;
/** Below this nobody is asked: half of those who are new here and there would be. */
const SPEAKS = 3000;

export const userNovelty = defineDetector({
  id: 'user-novelty',
  number: 7,
  title: 'New place and client of a user',
  class: 'take-over',
  group: 'identity',
  owasp: ['API2', 'OAT-008'],
  actors: ['session', 'principal'],
  on: 'response',
  when: acceptedPrincipal,
  cap: CAP.outlier,
  findingAt: FINDING,
  build: ({ tune }) => {
    const needs = habitNeeds('principal', acceptedPrincipal);
    type V = ValuesOf<typeof needs>;
    const speaks = Math.round(tune('speaks_millinats', SPEAKS));
    return {
      needs,
      judge(v: V) {
        if (v.entries.isNew === 0 || v.network.n < 3) return 0;
        const sum = novelty(v);
        return sum < speaks ? 0 : sum;
      },
      say: (v: V) =>
        `new ${strangeTraits(v)} for this user, known from ${v.network.n} visits: ${oneIn(novelty(v))} of its visits`,
    };
  },
});
