/** One fit of what comes on standard input; prints time, memory and what was found as JSON. */
import { fitFiles } from '../dist/fit/index.js';

const found = await fitFiles(['-'], { format: null, fields: {}, stdin: process.stdin });
const { user, system } = process.cpuUsage();
console.log(
  JSON.stringify({
    cpu: (user + system) / 1e6,
    peakRss: process.resourceUsage().maxRSS * 1024,
    requests: found.requests,
    rate: found.traffic.rate,
    law: found.service.chosen.name,
    p50: found.service.p50,
  }),
);
