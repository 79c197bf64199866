import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseCidr } from '../lib/cidr.ts';
import { ip, parseIpText } from '../lib/ip.ts';
import { botStatus, isCheckable } from './bots.ts';
import { BOT_STATUS } from './facts.ts';
import { decodeNetworks, NetworkTable } from './network.ts';
import { BOTS } from './software/catalogue.ts';
import { ORIGINS } from './software/origins.ts';
import { botId } from './software.ts';

const STATUS_NAMES = Object.keys(BOT_STATUS);
let networks: NetworkTable;
beforeAll(() => {
  networks = decodeNetworks(gunzipSync(readFileSync(new URL('../../data/networks.bin', import.meta.url))));
});

function status(bot: string, address: string, table = networks): string {
  expect(botId(bot), bot).toBeGreaterThan(0);
  parseIpText(address);
  const hi = ip.v4 ? 0 : ip.a;
  const lo = ip.v4 ? ip.d : ip.b;
  table.lookup(hi, lo);
  return STATUS_NAMES[botStatus(botId(bot), table.result.asn, hi, lo)];
}

describe('botStatus', () => {
  it.each([
    ['googlebot', '66.249.66.1', 'verified'],
    ['googlebot', '2001:4860:4801:10::1', 'verified'],
    ['google-fetcher', '209.85.238.1', 'verified'],
    ['googlebot', '34.100.182.97', 'declared'], // rented cloud: the operator's or anybody's
    ['googlebot', '5.9.1.1', 'impostor'],
    ['bingbot', '157.55.39.10', 'verified'],
    ['bingbot', '40.77.167.3', 'verified'],
    ['msnbot', '65.55.213.7', 'verified'],
    ['bingbot', '20.1.2.3', 'declared'],
    ['bingbot', '185.220.101.1', 'impostor'],
    ['applebot', '17.58.98.1', 'verified'],
    ['applebot', '8.8.8.8', 'impostor'],
    ['yandexbot', '77.88.5.10', 'verified'],
    ['yandexbot', '8.8.8.8', 'impostor'],
    ['yahoo-slurp', '68.180.224.10', 'verified'],
    ['yahoo-slurp', '72.30.142.1', 'verified'], // no longer announced
    ['seznambot', '77.75.76.1', 'verified'],
    ['facebook-preview', '173.252.87.1', 'verified'],
    ['facebook-preview', '2a03:2880:f003::1', 'verified'],
    ['facebook-preview', '8.8.8.8', 'impostor'],
    ['petalbot', '114.119.130.1', 'verified'],
    ['claudebot', '160.79.104.5', 'verified'],
    ['gptbot', '20.171.206.1', 'verified'],
    ['gptbot', '5.9.1.1', 'impostor'],
    ['baiduspider', '180.76.15.1', 'verified'],
    ['baiduspider', '123.125.71.1', 'declared'],
    ['ahrefsbot', '54.36.148.1', 'verified'],
    ['ahrefsbot', '8.8.8.8', 'declared'],
    ['majestic', '8.8.8.8', 'declared'],
    ['unlisted-bot', '66.249.66.1', 'declared'],
    ['several-names', '66.249.66.1', 'declared'],
    ['googlebot', '10.0.0.1', 'declared'],
    ['googlebot', '203.0.113.7', 'declared'],
  ])('%s from %s is %s', (bot, address, expected) => {
    expect(status(bot, address)).toBe(expected);
  });

  it('verifies by published ranges alone, but calls nobody an impostor, without a table of networks', () => {
    expect(status('googlebot', '66.249.66.1', NetworkTable.empty())).toBe('verified');
    expect(status('googlebot', '5.9.1.1', NetworkTable.empty())).toBe('declared');
  });

  it('says nothing about what is no bot, or has no address', () => {
    expect(botStatus(0, 15169, 0, 1)).toBe(BOT_STATUS.none);
    expect(botStatus(botId('googlebot'), 0, 0, 0)).toBe(BOT_STATUS.declared);
    expect(botStatus(60_000, 7922, 0, 0x08080808)).toBe(BOT_STATUS.declared);
  });

  it('knows which claims can be checked', () => {
    expect(isCheckable(botId('googlebot'))).toBe(true);
    expect(isCheckable(botId('majestic'))).toBe(false);
    expect(isCheckable(0)).toBe(false);
  });
});

describe('the origins', () => {
  it('are well formed, used, and no system is both proof and for rent', () => {
    for (const [operator, { asns = [], ranges = [], rented = [] }] of Object.entries(ORIGINS)) {
      for (const range of ranges) expect(parseCidr(range), `${operator} ${range}`).not.toBeNull();
      expect(asns.filter((asn) => rented.includes(asn))).toEqual([]);
      expect(
        BOTS.some((bot) => bot.operator === operator),
        operator,
      ).toBe(true);
    }
  });
});
