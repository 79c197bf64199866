import type { ErrorEntry } from './entry.ts';

/** What can go wrong on the way of events to those who collect them. Requests never wait for any of it. */
export const OUTPUT_ERRORS = {
  SP8301: {
    title: 'An output cannot write its file',
    advice: 'Events wait in the buffer and it is tried again. Check the folder, its permissions and the disk.',
  },
  SP8302: {
    title: 'The receiver of an output cannot be reached',
    advice:
      'Events wait in the buffer and it is tried again with growing pauses. Check name, port and firewall; sallyport doctor tries the same connection.',
  },
  SP8303: {
    title: 'The TLS connection of an output cannot be trusted',
    advice:
      'Nothing is sent to whom cannot be verified. Name the authority of the receiver in tls.ca, or the name in its certificate in tls.server_name; where it asks for a certificate of ours, set tls.cert and tls.key.',
  },
  SP8304: {
    title: 'The receiver of an output refuses events',
    advice:
      'It says that they will never be welcome, so they are dropped and counted. Compare URL, format and body with what it expects.',
  },
  SP8305: {
    title: 'The receiver of an output asks to wait',
    advice:
      'It is overloaded or ill. Events wait in the buffer and it is tried again, not before the time it named in Retry-After.',
  },
  SP8306: {
    title: 'The receiver of an output refuses our credentials',
    advice:
      'Events wait in the buffer. The secret is read again with every try: put the right one into the file that auth.secret names, or restart with the right variable.',
  },
  SP8307: {
    title: 'An output cannot be opened',
    advice: 'The message names the file or the variable that is missing, empty or of the wrong kind.',
  },
  SP8308: {
    title: 'An output drops events',
    advice:
      'More events came than its receiver takes. sallyport_output_dropped_total counts them; raise buffer_events and buffer_bytes, or choose fewer events.',
  },
  SP8309: {
    title: 'Events of an output were not delivered before the end',
    advice:
      'The receiver did not take them in the time that is left at a stop. They are lost to it; ledger and journal have them.',
  },
} as const satisfies Record<string, ErrorEntry>;
