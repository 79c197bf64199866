/** Each output: whether its file can be written, or its receiver reached and trusted. One event is sent on request only. */
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import process from 'node:process';
import { SallyportError } from '../../lib/errors.ts';
import { targetOf } from '../../runtime/outputs/output.ts';
import { probeOutput } from '../../runtime/outputs/probe.ts';
import { REAL_TIMERS } from '../../runtime/outputs/timers.ts';
import { type Examination, type Finding, fail, ok, warn } from './finding.ts';

/** Findings about every output. */
export async function outputFindings({ loaded, cwd, signal, testOutputs, now }: Examination): Promise<Finding[]> {
  const { outputs } = loaded.config;
  if (outputs.length === 0) return [ok('outputs', 'events are told to nobody: there are no outputs')];
  const options = {
    origin: { version: 'doctor', host: hostname() },
    around: { folder: loaded.file === null ? cwd : dirname(loaded.file), env: process.env },
    timers: { ...REAL_TIMERS, now },
    signal,
    send: testOutputs === true,
  };
  const findings = await Promise.all(
    outputs.map(async (output): Promise<Finding[]> => {
      const label = `${output.name} (${targetOf(output)})`;
      try {
        await probeOutput(output, options);
      } catch (error) {
        if (!(error instanceof SallyportError)) throw error;
        return [fail('outputs', `${label}: ${error.message} (${error.code})`, error.advice)];
      }
      const { syslog, http, otlp } = output.to;
      const worked = ok('outputs', `${label}: ${options.send ? 'took a test event' : 'works'}`);
      if ((syslog ?? http ?? otlp)?.tls?.verify !== false) return [worked];
      return [warn('outputs', `${label}: its certificate is not verified`, 'Name its authority in tls.ca instead.')];
    }),
  );
  return findings.flat();
}
