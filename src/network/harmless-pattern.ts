/**
 * Whether a regular expression from a manifest can be matched without the risk of exponential time.
 *
 * Refused: a repeated group that itself repeats or has alternatives, like `(a+)+` and `(a|a)*`, and back-references. This is
 * stricter than needed, but paths of Ingress rules hardly ever have such groups. Several repetitions in a row stay possible; they
 * take polynomial time in the length of a path, which a scenario's author chooses.
 */
export function isHarmlessPattern(text: string): boolean {
  const branching: boolean[] = [false]; // per open group: does it repeat something or have alternatives?
  let closed: boolean | null = null; // the same for the group that ended just before, if one did
  for (let i = 0; i < text.length; i++) {
    const rest = text.slice(i);
    const repetition = /^([*+]|\{\d+(,\d*)?\})/.exec(rest);
    let ended: boolean | null = null;
    if (repetition !== null) {
      if (closed === true) return false;
      branching[branching.length - 1] = true;
      i += repetition[0].length - 1;
    } else if (/^\\[1-9k]/.test(rest)) {
      return false;
    } else if (rest[0] === '\\') {
      i++;
    } else if (rest[0] === '[') {
      i += characterClassLength(rest) - 1;
    } else if (rest[0] === '(') {
      branching.push(false);
    } else if (rest[0] === ')' && branching.length > 1) {
      ended = branching.pop() === true;
      if (ended) branching[branching.length - 1] = true;
    } else if (rest[0] === '|') {
      branching[branching.length - 1] = true;
    }
    closed = ended;
  }
  return true;
}

/** Length of the character class that the text begins with, e.g. 5 for `[a\]]x`. */
function characterClassLength(text: string): number {
  return (/^\[\^?\]?(\\.|[^\]\\])*\]/.exec(text) ?? [text])[0].length;
}
