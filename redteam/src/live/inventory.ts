/** The world's inventory as the file that a live shop loads, and the mailbox that it fills. */
import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import type { Inventory } from '../contract.ts';

/**
 * Writes the inventory as JSON: a shop started with it has the accounts, keys, products and codes that visitors know.
 * @throws Error of the file system
 */
export function writeInventory(path: string, inventory: Inventory): void {
  const { accounts, keys, products, codes, codeAlphabet, codeLength, words } = inventory;
  // Named one by one: whatever else the object carries stays here.
  const file: Inventory = { accounts, keys, products, codes, codeAlphabet, codeLength, words };
  // Passwords of invented people, but nobody else needs to read them.
  writeFileSync(path, `${JSON.stringify(file)}\n`, { mode: 0o600 });
}

/**
 * Reads a file of letters as the shop writes it (JSON lines with `account` and `text`) while it grows, and returns the newest
 * code for an account: what its owner would find in the mailbox. A file that is not there yet is empty.
 */
export function mailboxOf(path: string): (name: string) => string | undefined {
  const codes = new Map<string, string>();
  const part = Buffer.alloc(65_536);
  let offset = 0;
  let rest = '';
  const readOn = () => {
    let file: number;
    try {
      file = openSync(path, 'r');
    } catch {
      return;
    }
    try {
      for (
        let n = readSync(file, part, 0, part.length, offset);
        n > 0;
        n = readSync(file, part, 0, part.length, offset)
      ) {
        offset += n;
        const lines = (rest + part.toString('latin1', 0, n)).split('\n');
        rest = lines.pop()!;
        for (const line of lines) note(line, codes);
      }
    } finally {
      closeSync(file);
    }
  };
  return (name) => {
    readOn();
    return codes.get(name.toLowerCase());
  };
}

function note(line: string, codes: Map<string, string>): void {
  try {
    const { account, text } = JSON.parse(Buffer.from(line, 'latin1').toString('utf8')) as Record<string, unknown>;
    const code = /\b\d{4,8}\b/.exec(String(text))?.[0];
    if (typeof account === 'string' && code !== undefined) codes.set(account.toLowerCase(), code);
  } catch {
    // A letter that is none tells nobody a code.
  }
}
