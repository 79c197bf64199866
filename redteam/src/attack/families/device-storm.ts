/** Device storm: hijacked or faked devices that report in floods, or lies. Gain: seconds of work. */
import type { Random } from '../../core/random.ts';
import { device } from '../../net/clients.ts';
import type { Kit } from '../kit.ts';
import type { Moves, Persona, Play, Rules } from '../types.ts';
import { keysOf } from './keys.ts';

export const deviceStorm: Rules = {
  unit: 'seconds',
  machines: 'steady',
  perSecond: 60,
  tool: 'python-requests',
  machine: (random, kit) => device(random, kit.options.text('firmware', '2.3.1')),
  networks: [
    ['residential', 60],
    ['mobile', 40],
  ],
  plan(kit: Kit): Play {
    const { surface, options, random } = kit;
    const telemetry = surface.need('telemetry');
    const keys = keysOf(kit, 'device');
    const stolen = keys.slice(0, Math.max(1, options.number('keys', [1, 5, 40, 100, 60][kit.level])));
    // Readings that are wrong enough to do harm: heating that is cold, shelves that are empty.
    const lie = random.fork('lie').between(-40, 40);
    let serial = 100_000 + random.fork('serial').below(800_000);

    const report = (own: Random, token: string, name: string, firmware = '2.3.1') => {
      const readings = Array.from({ length: kit.level <= 1 ? 1 + own.below(60) : 1 + own.below(4) }, () => ({
        value: Math.round((20 + lie + 3 * own.normal()) * 10) / 10,
      }));
      return surface.request(telemetry, { device: name, firmware, readings }, { token });
    };
    function* hijacked(own: Random): Moves {
      const { owner, secret } = own.pick(stolen);
      const as: Persona = { name: `${owner}-${own.below(1000)}`, password: '', lasting: false };
      for (let i = 1 + own.below(2); i > 0; i--) yield { ...report(own, secret, as.name), as };
    }

    return {
      *moves(worker, own) {
        const key = stolen[worker % stolen.length];
        // A device that is played for long stands somewhere; of a botnet's many each is heard once or twice.
        const fixed: Persona = { name: `${key.owner}-${worker}`, password: '', lasting: true, roams: 0.01 };
        for (;;) {
          if (kit.level >= 3) yield { ...report(own, key.secret, fixed.name), as: fixed };
          else if (kit.level === 2) yield* hijacked(own);
          else yield report(own, own.pick(stolen).secret, `dev-${serial++}`);
        }
      },
      noise: (own) => report(own, `dk_${own.hex(32)}`, `dev-${own.below(1e6)}`, '0.0.1'),
    };
  },
};
