/** Puts together what single fields say: the strongest counts, and further fields of its language a little. */
import { type ContentHit, contentRule, newHit, resetHit } from '../../enrich/content/index.ts';
import type { BodyHit } from '../contract.ts';

/** Hits below this are what careless front ends produce, in millinats: they add nothing. */
const COUNTED_FROM = 2500;
/** A finding of its own: only then further fields of the language add to it. */
const STRONG_FROM = 4600;
/** What each further field adds, and how many count. */
const STEP = 400;
const MOST_STEPS = 3;
/** The most that content can say. */
const CAP = 9200;

/** Characters of an excerpt, and those before the span. */
const EXCERPT = 120;
const BEFORE = 16;
const MAX_PATH = 160;

/** Names of fields whose values nobody but their owner may read. */
const SECRET =
  /pass(?:w|phrase|code|$|[^a-z])|pwd|secret|token|otp|\bpin\b|cvv|cvc|card|iban|ssn|api.?key|authoriz|credential|private|session|sid\b|jwt|csrf|bearer/i;

/** Characters that a terminal or a page would act on. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\ufffd]/gu;

/** What one inspection has found so far. Reused for every request. */
export class Found {
  /** For the matchers: the hit of the field that is being looked at. */
  readonly hit: ContentHit = newHit();
  private millinats = 0;
  private rule = 0;
  private field = 0;
  private path = '';
  private excerpt = '';
  private readonly languages = new Map<string, number>();

  reset(): void {
    this.millinats = 0;
    this.rule = 0;
    if (this.languages.size > 0) this.languages.clear();
  }

  /** Call before a field is inspected. */
  begin(): void {
    resetHit(this.hit);
  }

  /** Call behind a field: takes over what {@link hit} has. */
  end(path: string, name: string, value: string, field: number): void {
    const { hit } = this;
    if (hit.rule === 0) return;
    const language = contentRule(hit.rule)?.language ?? '';
    if (hit.millinats >= COUNTED_FROM) this.languages.set(language, (this.languages.get(language) ?? 0) + 1);
    if (hit.millinats <= this.millinats) return;
    this.millinats = hit.millinats;
    this.rule = hit.rule;
    this.field = field;
    this.path = shown(path).slice(0, MAX_PATH);
    this.excerpt = SECRET.test(name) || SECRET.test(path) ? '…' : excerptOf(name, value, hit);
  }

  /** Takes over what was seen without the matchers. */
  certain(rule: { readonly id: number; readonly millinats: number }, path: string, text: string, field: number): void {
    this.begin();
    this.hit.rule = rule.id;
    this.hit.millinats = rule.millinats;
    this.hit.length = text.length;
    this.end(path, '', text, field);
  }

  /** The strongest of all, with what the others add; null for nothing. */
  result(): BodyHit | null {
    if (this.rule === 0) return null;
    const { rule, path, excerpt, field } = this;
    const language = contentRule(rule)?.language ?? '';
    const more = Math.min(MOST_STEPS, (this.languages.get(language) ?? 1) - 1);
    const adds = this.millinats >= STRONG_FROM ? more * STEP : 0;
    return { millinats: Math.min(CAP, this.millinats + adds), rule, path, excerpt, field };
  }
}

/** Bytes before the span in which a text that nobody has taken apart may name a secret. */
const NAMING = 64;

/** The span and a little before and behind it. */
function excerptOf(name: string, value: string, { at, length }: ContentHit): string {
  const bytes = Buffer.from(value, 'utf8');
  const named = bytes.toString('utf8', Math.max(0, at - NAMING), Math.min(bytes.length, at + length + BEFORE));
  if (name === '' && SECRET.test(named)) return '…';
  const from = Math.max(0, at - BEFORE);
  const to = Math.min(bytes.length, Math.max(at + length + BEFORE, from + EXCERPT / 2));
  const text = shown(bytes.toString('utf8', from, Math.min(to, from + EXCERPT * 2)));
  return text.length > EXCERPT ? `${text.slice(0, EXCERPT - 1)}…` : text;
}

function shown(text: string): string {
  return text.replace(UNPRINTABLE, '·');
}
