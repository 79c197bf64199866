import { describe, it } from 'vitest';
import { Appender } from './appender.ts';
import { LEDGER_CONTRACT } from './contract.ts';
import { type LedgerPlace, START } from './contract-support.ts';
import { newMasterKey, newSigningKey } from './keys.ts';
import { MemoryStore } from './memory.ts';
import { LedgerReader } from './readonly.ts';
import { Vault } from './vault.ts';

/** A place in memory that keeps its store and its keys between openings. */
function memoryPlace(): LedgerPlace {
  const store = new MemoryStore();
  const master = newMasterKey();
  const signer = newSigningKey();
  return {
    open: (tuning) =>
      Appender.open({ commitMs: 2, ...tuning, store, vault: new Vault(master, store), signer, now: () => START }),
    reader: async () => new LedgerReader(store, new Vault(master, store)),
    forge: async (edit) => {
      const edited = edit([...store.raws]);
      store.raws.splice(0, store.raws.length, ...edited);
    },
  };
}

describe('memory keeps the contract of a ledger', () => {
  it.each(LEDGER_CONTRACT.map((c) => [c.name, c] as const))('%s', async (_, c) => {
    await c.run(memoryPlace());
  });
});
