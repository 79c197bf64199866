import { describe, expect, it } from 'vitest';
import { Book } from './book.ts';

describe('the book', () => {
  it('has what became of each request, by its tag', () => {
    const book = new Book();
    const tag = book.sent('tool', 'GET /a', 100);
    book.sent('beside', 'GET /b', 101);
    book.reached(tag, 105);
    book.reached(tag, 150);
    book.ended(tag, 404, 110);
    book.ended(tag, 0, 120);
    expect(book.of('tool')).toEqual([
      { cohort: 'tool', what: 'GET /a', sentMs: 100, reachedMs: 105, endedMs: 110, status: 404 },
    ]);
    expect(book.all().length).toBe(2);
  });

  it('takes no notice of tags that it has not given', () => {
    const book = new Book();
    book.reached('0123', 1);
    book.ended('0123', 200, 2);
    expect(book.all()).toEqual([]);
  });

  it('gives tags that look alike for all, and differ', () => {
    const book = new Book();
    const tags = Array.from({ length: 100 }, (_, i) => book.sent(i % 2 === 0 ? 'tool' : 'beside', '', i));
    expect(new Set(tags).size).toBe(100);
    for (const tag of tags) expect(tag).toMatch(/^[0-9a-f]{16}$/);
  });
});
