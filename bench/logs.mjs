/** An access log on standard output, for the suite fit: node logs.mjs LINES. Lognormal service (p50 20 ms, sigma 0.6), 500 requests a second, 200 clients. */
const lines = Number(process.argv[2]);
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
let state = 1;
const uniform = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return (state + 0.5) / 2 ** 32;
};
const two = (value) => String(value).padStart(2, '0');
let time = 1772352000;
let block = '';
for (let i = 0; i < lines; i++) {
  time -= Math.log(uniform()) / 500;
  const took = 0.02 * Math.exp(0.6 * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()));
  const at = new Date(Math.floor(time + took) * 1000);
  const date = `${two(at.getUTCDate())}/${MONTHS[at.getUTCMonth()]}/${at.getUTCFullYear()}:${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`;
  block += `203.0.113.${Math.floor(200 * uniform() ** 2)} - - [${date}] "GET /${i % 3 === 0 ? 'cart' : ''} HTTP/1.1" 200 512 "-" "Mozilla/5.0 (X11; Linux x86_64)" ${(took + 0.001).toFixed(3)} ${took.toFixed(3)}\n`;
  if (block.length > 1 << 16 || i + 1 === lines) {
    if (!process.stdout.write(block)) await new Promise((resolve) => process.stdout.once('drain', resolve));
    block = '';
  }
}
