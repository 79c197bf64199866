/** What the demo tells: plain sentences, not too many, and nothing that could reach the terminal. */
import { describe, expect, it } from 'vitest';
import { Story } from '../../scripts/demo/story.ts';
import { accessOf, type Mitigation, type Tick } from '../../scripts/demo/watch.ts';

const tick = (sec: number, more: Partial<Tick> = {}): Tick => ({
  sec,
  requests: 5,
  abusive_served: 0,
  abusive_held: 0,
  established_held: 0,
  ...more,
});
const decision = (id: string, more: Partial<Mitigation> = {}): Mitigation => ({
  id,
  actor: { dimension: 'ip', key: '198.51.100.7' },
  class: 'credential-attack',
  action: 'block',
  mode: 'enforce',
  sentence: `${id} did it → blocked.`,
  status: 'active',
  requests_before: 12,
  ...more,
});

function told(tell: (story: Story) => void): { lines: string[]; story: Story } {
  const lines: string[] = [];
  const story = new Story((line) => lines.push(line));
  tell(story);
  return { lines, story };
}

describe('the story', () => {
  it('begins with people, and gives figures now and then', () => {
    const { lines } = told((story) => {
      story.take({ type: 'tick', tick: tick(100, { requests: 0 }) });
      for (let sec = 101; sec <= 125; sec++) story.take({ type: 'tick', tick: tick(sec, { abusive_held: 2 }) });
    });
    expect(lines).toEqual([
      '00:01  People are shopping: everything is let through.',
      '00:21  105 requests, 42 of them abusive: 0 got through, 42 were held. No known user was held up.',
    ]);
  });

  it('tells a decision once, and again when it becomes harder', () => {
    const { lines, story } = told((s) => {
      s.take({ type: 'mitigation', mitigation: decision('M-1', { action: 'throttle' }) });
      s.take({ type: 'mitigation', mitigation: decision('M-1', { action: 'throttle', requests_before: 13 }) });
      s.take({ type: 'mitigation', mitigation: decision('M-1', { status: 'expired' }) });
      s.take({ type: 'mitigation', mitigation: decision('M-2', { mode: 'shadow' }) });
    });
    expect(lines.filter((line) => line.includes('M-1 did it'))).toHaveLength(1);
    expect(lines.join('\n')).toContain('M-2 did it → blocked. (only noted: this policy watches)');
    expect(story.decisions).toBe(2);
  });

  it('does not flood the terminal, nor steer it', () => {
    const { lines } = told((story) => {
      for (let i = 0; i < 9; i++) story.take({ type: 'mitigation', mitigation: decision(`M-${i}`) });
      story.take({ type: 'tick', tick: tick(100) });
      story.take({ type: 'mitigation', mitigation: decision('M-x', { sentence: 'a\u001b[2Jb' }) });
    });
    expect(lines.filter((line) => line.includes('did it'))).toHaveLength(3);
    expect(lines.join('\n')).toContain('… and 6 more decisions like these.');
    expect(lines.join('\n')).toContain('a\\u001b[2Jb');
  });

  it('takes corrections of past seconds, and counts none twice', () => {
    const { story } = told((s) => {
      s.take({ type: 'tick', tick: tick(100) });
      s.take({ type: 'tick', tick: tick(101) });
      s.take({ type: 'tick', tick: tick(100, { abusive_served: 2 }) });
      s.correct([tick(101, { abusive_served: 1 })]);
    });
    expect(story.summary()).toContain('10 requests, 3 of them abusive: 3 got through, 0 were held');
  });
});

it('takes address and token out of the link', () => {
  expect(accessOf('http://127.0.0.1:9464/#token=a%2Fb')).toEqual({ url: 'http://127.0.0.1:9464', token: 'a/b' });
  expect(() => accessOf('http://127.0.0.1:9464/')).toThrow('without a token');
});
