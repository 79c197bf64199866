/** Made-up people: account names in the style that the site's own have, and passwords as people choose them. */
import type { Inventory } from '../contract.ts';
import type { Random } from '../core/random.ts';

const GIVEN = (
  'anna ben carla daniel elif frank grace hugo ines jonas karin luca maria nils olga paul quentin rosa sam tara ' +
  'umar vera walter xenia yara zoe alex brian chloe david emma felix gina henry isabel jack kim leo mia noah ' +
  'petra ravi sofia tom ursula victor wendy yusuf ahmed fatima chen wei priya arjun sakura kenji pedro lucia'
).split(' ');
const FAMILY = (
  'adams becker costa dias evans fischer garcia hansen ivanov jones kaya lopez meyer nguyen olsen patel quinn ' +
  'rossi smith tanaka ueda vogel weber xu young zimmer brown clark davis ferrari gomez haas ito jensen keller ' +
  'lind martin novak ortiz park reid schmidt taylor khan silva moreau dubois lee wang sato suzuki singh'
).split(' ');
/** Under the name that is reserved for examples: a live server may well send mail. */
const MAIL = [
  ['bigmail.example', 40],
  ['yonder.example', 14],
  ['hotpost.example', 12],
  ['lookout.example', 9],
  ['cloudpost.example', 5],
  ['net.example', 4],
  ['poste.example', 3],
  ['proto.example', 2],
] as const;
const WORDS = (
  'dragon summer winter shadow monkey sunshine princess football master soccer flower cookie ginger pepper ' +
  'silver orange purple killer freedom whatever hunter buster tigger charlie jordan michelle thunder banana chelsea ' +
  'arsenal liverpool secret angel lovely butter peanut panther'
).split(' ');
const KEYBOARD = [
  'qwerty',
  'asdfgh',
  'zxcvbn',
  '123456',
  '12345678',
  'abc123',
  '1q2w3e',
  'password',
  'letmein',
  'iloveyou',
];

/** What names on a site look like, as somebody sees it who has looked at a few. */
export class NameStyle {
  private readonly mail: boolean;
  private readonly dots: boolean;
  /** Mail domains of the site's own people, each as often as it was seen. */
  private readonly domains: readonly string[];

  constructor(inventory: Inventory) {
    const sample = inventory.accounts.slice(0, 50).map((account) => account.name);
    this.mail = sample.filter((name) => name.includes('@')).length > sample.length / 2;
    this.dots = sample.some((name) => name.split('@')[0].includes('.'));
    this.domains = sample.filter((name) => name.includes('@')).map((name) => name.slice(name.indexOf('@') + 1));
  }

  /** The name of somebody who may or may not have an account. */
  name(random: Random): string {
    const local = handle(random, this.dots || this.mail);
    return this.mail ? `${local}@${random.pick(this.domains)}` : local;
  }

  /** Mail address of somebody of this name. */
  mailOf(name: string, random: Random): string {
    return name.includes('@') ? name : `${name}@${random.weighted(MAIL)}`;
  }
}

function handle(random: Random, dots: boolean): string {
  const given = random.pick(GIVEN);
  const family = random.pick(FAMILY);
  const number = random.chance(0.55) ? String(random.chance(0.5) ? 1960 + random.below(50) : random.below(1000)) : '';
  const joint = dots && random.chance(0.5) ? '.' : random.chance(0.15) ? '_' : '';
  switch (random.below(4)) {
    case 0:
      return `${given}${joint}${family}${number}`;
    case 1:
      return `${given[0]}${family}${number}`;
    case 2:
      return `${random.pick(WORDS)}${given}${number}`;
    default:
      return `${given}${joint}${family[0]}${number}`;
  }
}

/** A password as breach lists hold them: a word or a name, a year or a few digits, now and then a sign. */
export function password(random: Random): string {
  if (random.chance(0.12)) return random.pick(KEYBOARD);
  const word = random.pick(random.chance(0.6) ? WORDS : GIVEN);
  const head = random.chance(0.4) ? word[0].toUpperCase() + word.slice(1) : word;
  const tail = random.chance(0.4)
    ? String(1970 + random.below(55))
    : String(random.below(random.chance(0.5) ? 100 : 10_000));
  return head + (random.chance(0.85) ? tail : '') + (random.chance(0.2) ? random.pick(['!', '.', '*', '#', '@']) : '');
}

/** A password for an account that is made up: long enough for any form. */
export function newPassword(random: Random): string {
  return `${password(random)}${random.pick(['x', 'K', 'aA', 'Zz'])}${random.below(900) + 100}!`;
}

/** Passwords that a sprayer tries: seasons, months, the site's name, and what keyboards suggest; the likeliest first. */
export function sprayPasswords(host: string, year: number, random: Random): string[] {
  const labels = host.split('.');
  const site = labels[Math.max(0, labels.length - 2)].replace(/[^a-z]/gi, '') || 'welcome';
  const capital = site[0].toUpperCase() + site.slice(1);
  const seasons = ['Spring', 'Summer', 'Autumn', 'Winter', 'Fall'];
  const likely = seasons.flatMap((season) => [`${season}${year}`, `${season}${year}!`]);
  const own = [`${capital}1`, `${capital}123`, `${capital}${year}`, `${capital}${year}!`, `${capital}!`];
  const plain = ['Password1', 'Password123', 'Welcome1', 'Welcome123!', 'Qwerty123', 'Changeme1', ...KEYBOARD];
  return [...random.shuffled([...likely, ...own]), ...random.shuffled(plain)];
}

/**
 * A phone number as number pumping uses them: many of the same few blocks. Out of the blocks that Ofcom and the North American
 * plan keep for fiction, so that no server that is attacked in earnest writes to anybody.
 */
export function pumpedPhone(random: Random): string {
  if (random.chance(0.5)) return `+447700900${String(random.below(1000)).padStart(3, '0')}`;
  return `+1${201 + random.below(700)}55501${String(random.below(100)).padStart(2, '0')}`;
}
