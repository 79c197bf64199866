/** How callers are known: what they present, who vouches for it, what the application says. */
import { z } from 'zod';

const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'the name of a header');

export const identity = z
  .strictObject({
    session_cookies: z
      .array(z.string().min(1))
      .default(['session', 'sessionid', 'sid', 'connect.sid', 'PHPSESSID', 'JSESSIONID']),
    credential_headers: z
      .array(headerName)
      .default(['x-api-key', 'api-key'])
      .describe('Headers that carry a key. A bearer token in Authorization counts, too.'),
    signals: z
      .boolean()
      .default(true)
      .describe('Read Sallyport-Principal and Sallyport-Event from answers of the upstream, and take them out.'),
    step_up: z
      .boolean()
      .default(false)
      .describe('The upstream asks for a second factor when it is told Sallyport-Step-Up: required.'),
    principal_header: headerName.optional().describe('Another response header in which the upstream names the user.'),
  })
  .prefault({})
  .describe('How callers are known.');
