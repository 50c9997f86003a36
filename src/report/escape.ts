/**
 * Text that others wrote (names, labels, paths of manifests) made safe for the places where a page puts it.
 */
import { printable } from '../errors.ts';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text as a page or a picture may hold it: control characters made visible, lone surrogates replaced. Not yet escaped. */
export function visible(text: string): string {
  return printable(text).replace(/\p{Surrogate}/gu, '\uFFFD');
}

/** For text and for attributes in quotes. */
export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (c) => ENTITIES[c]);
}

/** JSON for the inside of a `<script type="application/json">`: no `<` can end it, and `JSON.parse` gives back the value. */
export function jsonForScript(value: unknown): string {
  return JSON.stringify(value)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
}

/** A program for the inside of a `<script>`: the two sequences that would end or comment out the rest are broken up. */
export function programForScript(program: string): string {
  return program.replace(/<\/(script)/gi, '<\\/$1').replace(/<!--/g, '<\\!--');
}
