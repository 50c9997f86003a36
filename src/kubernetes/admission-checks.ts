/** Checks that several kinds share, in the API server's words: names, ports, addresses, words of a list. */
import type { Cause } from './admission-error.ts';
import { contains, parseCidr, parseIpv4 } from './ipv4.ts';

export const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
export const DNS_1035_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
export const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export const DNS_LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
export const DNS_1035_TEXT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
export const DNS_SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

export function checkName(field: string, name: string, pattern: RegExp, text: string, longest: number): readonly Cause[] {
  const value = JSON.stringify(name);
  if (name.length > longest) return [{ field, type: 'Invalid value', value, message: `must be no more than ${longest} bytes` }];
  return pattern.test(name) ? [] : [{ field, type: 'Invalid value', value, message: text }];
}

export function unsupported(field: string, value: string, supported: readonly string[]): Cause {
  return {
    field,
    type: 'Unsupported value',
    value: JSON.stringify(value),
    message: `supported values: ${supported.map((text) => JSON.stringify(text)).join(', ')}`,
  };
}

const ADDRESS_TEXT = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const CIDR_TEXT = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
/** Not looked into further: the model has one address family. */
const IPV6 = /^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/;
const SPECIAL: readonly { readonly range: string; readonly text: string }[] = [
  { range: '0.0.0.0/32', text: 'may not be unspecified (0.0.0.0)' },
  { range: '127.0.0.0/8', text: 'may not be in the loopback range (127.0.0.0/8, ::1/128)' },
  { range: '169.254.0.0/16', text: 'may not be in the link-local range (169.254.0.0/16, fe80::/10)' },
  { range: '224.0.0.0/24', text: 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)' },
];

export function checkAddress(field: string, text: string): readonly Cause[] {
  return parseIpv4(text) !== null || IPV6.test(text) ? [] : [refused(field, text, ADDRESS_TEXT)];
}

/** An address that a packet can be sent to from elsewhere. */
export function checkReachableAddress(field: string, text: string): readonly Cause[] {
  const address = parseIpv4(text);
  if (address === null) return checkAddress(field, text);
  return SPECIAL.filter(({ range }) => isIn(range, address)).map(({ text: message }) => refused(field, text, message));
}

export function checkCidr(field: string, text: string): readonly Cause[] {
  const isIpv6 = IPV6.test(text.split('/')[0]) && /^[^/]+\/\d{1,3}$/.test(text);
  return parseCidr(text) !== null || isIpv6 ? [] : [refused(field, text, CIDR_TEXT)];
}

function isIn(range: string, address: number): boolean {
  const block = parseCidr(range);
  return block !== null && contains(block, address);
}

function refused(field: string, text: string, message: string): Cause {
  return { field, type: 'Invalid value', value: JSON.stringify(text), message };
}
