import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { surviveDefects } from './defects.ts';

function watched() {
  const exit = vi.fn();
  const emitter = Object.assign(new EventEmitter(), { exit });
  const notes: string[] = [];
  const clock = { ms: 0 };
  const end = surviveDefects(
    (text) => notes.push(text),
    emitter as never,
    () => clock.ms,
  );
  return { emitter, exit, notes, clock, end };
}

describe('an error that nobody has caught', () => {
  it('is said with its stack, and the process goes on', () => {
    const { emitter, exit, notes } = watched();
    emitter.emit('uncaughtException', new Error('one'));
    emitter.emit('unhandledRejection', 'two');
    expect(notes[0]).toMatch(/^SP9001: not caught: Error: one\n\s+at /);
    expect(notes[1]).toBe('SP9001: not caught: two');
    expect(exit).not.toHaveBeenCalled();
  });

  it('ends a process that fails again and again within a minute', () => {
    const { emitter, exit, clock } = watched();
    for (let i = 0; i < 19; i++) emitter.emit('uncaughtException', new Error(String(i)));
    clock.ms = 61_000;
    for (let i = 0; i < 19; i++) emitter.emit('uncaughtException', new Error(String(i)));
    expect(exit).not.toHaveBeenCalled();
    emitter.emit('unhandledRejection', new Error('once more'));
    expect(exit).toHaveBeenCalledWith(70);
  });

  it('is no longer ours once that has ended', () => {
    const { emitter, end } = watched();
    end();
    expect(emitter.listenerCount('uncaughtException') + emitter.listenerCount('unhandledRejection')).toBe(0);
  });
});
