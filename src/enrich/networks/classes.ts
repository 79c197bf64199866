/**
 * What kind of network an autonomous system is, from its number and its name.
 *
 * A short list of large, well-known systems comes first: their names often do not say what they are. All others go by
 * words of the name, in several languages, in the order of {@link RULES}. A name without a telling word stays unknown,
 * which claims nothing. README.md says how far this can be trusted.
 */
import { NETWORK_CLASS } from '../facts.ts';

const { hosting, access, mobile, education } = NETWORK_CLASS;

/** Systems whose class is public knowledge, by class. Ordered by operator, not by number. */
const WELL_KNOWN: Readonly<Record<number, readonly number[]>> = {
  [hosting]: [
    16509, 14618, 8987, 7224, 15169, 396982, 19527, 36492, 8075, 8068, 31898, 54253, 45102, 37963, 24429, 132203, 45090,
    55990, 136907, 38365, 55967, 13335, 209242, 54113, 20940, 16625, 35994, 32787, 36183, 63949, 16276, 24940, 213230,
    212317, 14061, 20473, 12876, 29447, 60781, 28753, 16265, 30633, 7203, 19148, 395954, 133752, 36351, 27357, 19994,
    33070, 26496, 8560, 51167, 47583, 9009, 212238, 60068, 62240, 29802, 61317, 36352, 18779, 40676, 8100, 35916, 53667,
    49505, 50340, 9123, 197695, 197540, 24961, 46606, 32475, 22612, 13213, 20860, 202425, 204428, 49981, 43350, 57043,
    48282, 210644, 199524, 396356, 200019, 198610, 12989, 33438, 26347, 32244, 3223, 398324, 398722, 398705, 10439,
    211298, 208843, 136787, 5065, 21859, 834, 203020, 207990, 30058, 63023, 7979, 13768, 15830, 17378, 58061, 137409,
    62904, 6939, 23724, 44559, 397423, 262287, 26383, 42831, 2635, 46844, 55286, 394380, 200651, 60729, 53340,
  ],
  [mobile]: [
    21928, 6167, 22394, 20057, 3651, 10507, 12430, 25135, 12576, 206067, 60339, 15480, 6805, 9605, 55836, 45609, 38266,
    55410, 16232, 24608, 8359, 31133, 16345, 12958, 28403, 26599, 26615, 22085, 16637, 29975, 36873, 29465, 51207, 9644,
    23693, 45727, 24203, 132199, 10139, 131445,
  ],
  [access]: [
    7922, 33491, 701, 7018, 209, 22773, 20115, 20001, 10796, 11427, 11351, 6128, 30036, 5650, 7029, 14593, 577, 812,
    852, 6327, 3320, 3209, 31334, 8881, 3215, 12322, 15557, 5410, 2856, 5089, 5607, 13285, 1136, 33915, 9143, 6830,
    3303, 6730, 1257, 3301, 2119, 3292, 3352, 12479, 3269, 12874, 30722, 9121, 34984, 8708, 5617, 12389, 8402, 4134,
    4837, 4808, 4812, 4713, 2516, 17676, 3462, 4766, 9318, 17858, 4760, 9269, 9498, 24560, 17974, 7552, 45899, 7545,
    1221, 8151, 13999, 27699, 18881, 28573, 10620, 25019, 5384, 8412,
  ],
  [education]: [
    786, 680, 2200, 20965, 11537, 137, 1103, 559, 766, 1930, 2603, 1653, 2611, 224, 7575, 2907, 4538, 1916, 8501,
  ],
};

interface Rule {
  readonly class: number;
  /** Matches the name in lower case. */
  readonly words: RegExp;
}

/** Words that tell, most specific class first: "University Hosting Services" is a university before it hosts. */
const RULES: readonly Rule[] = [
  {
    class: education,
    words:
      /universi(?!um)|univerz|uniwersyt|\buniv\b|\bcollege\b|\bschools?\b|academ|hochschul|polytech|politecn|polit[eé]c|\b[eé]cole\b|instituto? (de |of )?tec|institute? of tech|research (and|&) edu|education|\bk-?12\b|fachhoch|\bnren\b|forschungsnetz/,
  },
  {
    class: mobile,
    words:
      /(^|[^o])mobil(e|es|ity|com|y|fun|is|tel)?\b|cellular|celular|\bgsm\b|\blte\b|m[oó]vil|\bcellco\b|telcel|vodacom|mobitel/,
  },
  {
    class: hosting,
    words:
      /\bhost|host(ing|s|er|ed|ers)\b|cloud|servers?\b|serveur|servidor|data ?cent(er|re|rum|ro)|datacamp|\bdc\b|\bidc\b|\bvps|\bvds\b|\bcolo\b|coloc|dedicated|\bcdn\b|\bvpn\b|prox(y|ies)\b|rechenzentrum|centro de datos|bare ?metal|\bweb ?services\b|content deliver/,
  },
  {
    class: access,
    words:
      /tele ?com|telekom|telefo|telephone|t[eé]l[eé]com|communicat|comunica|kommunik|broadband|banda|cable|cabo|\bfib(er|re)|fibra|\bisp\b|internet|wireless|wi-?fi|\bdsl|satel|provedor|provider|\bonline\b|electric coop|\brural\b|telnet\b|\w\wnet\b|\bnet\b/,
  },
];

let byNumber: Map<number, number> | null = null;

/** NETWORK_CLASS of an autonomous system. Slow (regular expressions): for building tables and for cached look-ups. */
export function networkClassOf(asn: number, name: string): number {
  if (!byNumber) {
    byNumber = new Map();
    for (const [networkClass, numbers] of Object.entries(WELL_KNOWN)) {
      for (const number of numbers) byNumber.set(number, Number(networkClass));
    }
  }
  const known = byNumber.get(asn);
  if (known !== undefined) return known;
  const text = name.toLowerCase();
  for (const rule of RULES) if (rule.words.test(text)) return rule.class;
  return NETWORK_CLASS.unknown;
}
