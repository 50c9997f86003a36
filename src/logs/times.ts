/** Points in time as logs write them → seconds since 1970. A time without a zone is taken for UTC. */

const MONTHS: Readonly<Record<string, number>> = { Jan: 0, Feb: 1, Mar: 2, Apr: 3, May: 4, Jun: 5, Jul: 6, Aug: 7, Sep: 8, Oct: 9, Nov: 10, Dec: 11 };

const COMMON_LOG = /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?: ([+-])(\d{2})(\d{2}))?$/;
const ISO = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?: ?(?:Z|UTC|([+-])(\d{2}):?(\d{2})))?$/;

/** `10/Oct/2000:13:55:36 -0700` of common and combined logs, `06/Feb/2009:12:14:14.655` of HAProxy; NaN for anything else. */
export function parseCommonLogTime(text: string): number {
  const match = COMMON_LOG.exec(text);
  if (match === null) return Number.NaN;
  const month = MONTHS[match[2]];
  if (month === undefined) return Number.NaN;
  const whole = Date.UTC(Number(match[3]), month, Number(match[1]), Number(match[4]), Number(match[5]), Number(match[6])) / 1000;
  return whole + fraction(match[7]) - offset(match[8], match[9], match[10]);
}

/** `2024-05-01T12:00:00.123456Z`, also with an offset or a blank instead of the T; NaN for anything else. */
export function parseIsoTime(text: string): number {
  const match = ISO.exec(text);
  if (match === null) return Number.NaN;
  const month = Number(match[2]) - 1;
  const whole = Date.UTC(Number(match[1]), month, Number(match[3]), Number(match[4]), Number(match[5]), Number(match[6])) / 1000;
  return month > 11 ? Number.NaN : whole + fraction(match[7]) - offset(match[8], match[9], match[10]);
}

function fraction(digits: string | undefined): number {
  return digits === undefined ? 0 : Number(`0.${digits}`);
}

function offset(sign: string | undefined, hours: string, minutes: string): number {
  if (sign === undefined) return 0;
  const seconds = Number(hours) * 3600 + Number(minutes) * 60;
  return sign === '-' ? -seconds : seconds;
}

/** Many lines share their second: the last text and its value are kept. */
export class TimeReader {
  private text = '';
  private seconds = Number.NaN;
  private readonly parse: (text: string) => number;

  constructor(parse: (text: string) => number) {
    this.parse = parse;
  }

  read(text: string): number {
    if (text !== this.text) {
      this.text = text;
      this.seconds = this.parse(text);
    }
    return this.seconds;
  }
}
