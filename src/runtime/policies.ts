/** The policies that a configuration puts in force. */
import type { Config } from '../config/schema.ts';
import { sourceOf } from '../policy/configured.ts';
import type { PolicySource } from '../policy/source.ts';

/** For reading logs: everything is in shadow, and every action can be recommended. */
export function policiesOf(config: Config): PolicySource {
  return sourceOf({ mode: 'observe', policy: config.policy, policies: config.policies, stepUp: true });
}

/** For a door that acts. */
export function livePoliciesOf(config: Config, mode: 'observe' | 'enforce'): PolicySource {
  return sourceOf({ mode, policy: config.policy, policies: config.policies, stepUp: config.identity.step_up });
}
