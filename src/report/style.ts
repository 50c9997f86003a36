/**
 * The page's style sheet. System fonts, no images; light and dark by the reader's setting, light on paper.
 */
import { cssVariables, DARK, FONT, LIGHT } from './theme.ts';

const LIGHT_PAGE = `${cssVariables(LIGHT)};--page:#f4f6f8;--card:#ffffff;--line:#d5dce3;--link:#005a94;--good:#00684a;--bad:#a32a00;--doubt:#7a4b00;--good-bg:#e6f4ee;--bad-bg:#fdeee6;--doubt-bg:#fdf3dc;--code:#eef1f4`;
const DARK_PAGE = `${cssVariables(DARK)};--page:#0e1318;--card:#161d25;--line:#2f3a46;--link:#7cc4f5;--good:#4fd6a5;--bad:#ff9d66;--doubt:#f0c25c;--good-bg:#10291f;--bad-bg:#33190c;--doubt-bg:#2e250d;--code:#212b36`;

export const STYLE = `
:root{color-scheme:light dark;${LIGHT_PAGE}}
@media screen and (prefers-color-scheme:dark){:root{${DARK_PAGE}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 ${FONT}}
main,header.top,footer{max-width:1120px;margin:0 auto;padding:0 20px}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-9999px;top:0;background:var(--card);color:var(--link);padding:10px 16px;z-index:9}
.skip:focus{left:8px;top:8px}
header.top{padding-top:28px;padding-bottom:8px}
.product{margin:0;font-size:13px;font-weight:600;letter-spacing:.06em;text-transform:uppercase;color:var(--muted)}
h1{margin:2px 0 4px;font-size:28px;line-height:1.2;overflow-wrap:anywhere}
h2{margin:44px 0 6px;font-size:21px;line-height:1.3}
h3{margin:26px 0 4px;font-size:16px;overflow-wrap:anywhere}
figure h3{margin-top:0}
p{margin:6px 0 10px;overflow-wrap:anywhere}
.lead{margin:0;color:var(--muted);font-size:17px}
.muted,.notes{color:var(--muted);font-size:14px}
.notes{margin:6px 0 8px;padding:0;list-style:none}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 20px;margin:14px 0}
.verdict{border-left:8px solid var(--line)}
.card.verdict h2{overflow-wrap:anywhere;margin:0;font-size:22px;display:flex;gap:10px;align-items:baseline}
.verdict ul{margin:10px 0 0;padding-left:20px}
.verdict li{margin:3px 0;font-size:15px;overflow-wrap:anywhere}
.plain{list-style:none;margin:0;padding:0;font-size:14px}
.plain li{margin:0 0 6px;overflow-wrap:anywhere}
.passed{border-left-color:var(--good);background:var(--good-bg)}
.failed{border-left-color:var(--bad);background:var(--bad-bg)}
.inconclusive{border-left-color:var(--doubt);background:var(--doubt-bg)}
.mark{font-weight:700;white-space:nowrap}
.passed .mark,.mark.good{color:var(--good)}
.failed .mark,.mark.bad{color:var(--bad)}
.inconclusive .mark,.mark.doubt{color:var(--doubt)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;margin:14px 0 0;padding:0;list-style:none}
.tiles li{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px;display:flex;flex-direction:column}
.tiles .title{font-size:13px;color:var(--muted);overflow-wrap:anywhere}
.tiles .value{font-size:24px;font-weight:650;line-height:1.3;margin-top:auto;white-space:nowrap}
.tiles .detail{font-size:13px;color:var(--muted)}
.two{display:grid;grid-template-columns:minmax(0,13fr) minmax(0,8fr);gap:14px;align-items:stretch}
.two>*{min-width:0}.two .card{margin:14px 0 0}
.card h2{margin:0 0 6px;font-size:17px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;margin:0;font-size:14px}
dt{color:var(--muted)}
dd{margin:0;overflow-wrap:anywhere}
.hash{font-size:12px}
code,pre{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;background:var(--code);border-radius:4px}
code{padding:1px 4px;overflow-wrap:anywhere}
pre{margin:4px 0 0;padding:8px 10px;white-space:pre-wrap;overflow-wrap:anywhere;user-select:all}
nav ul{display:flex;flex-wrap:wrap;gap:4px 16px;margin:16px 0 0;padding:0;list-style:none;font-size:14px}
.scroll{overflow:auto;max-height:440px;background:var(--card);margin:8px 0;border:1px solid var(--line);border-radius:6px}
table{border-collapse:collapse;font-size:14px;min-width:100%;font-variant-numeric:tabular-nums}
th,td{padding:5px 12px;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
td{overflow-wrap:break-word;min-width:8em}
td.number{min-width:0}
td code{white-space:nowrap}
tbody th{font-weight:600;min-width:9em;overflow-wrap:break-word}
tr:last-child td,tr:last-child th{border-bottom:0}
.nowrap,p code{white-space:nowrap}
thead th{background:var(--card);position:sticky;top:0;box-shadow:inset 0 -1px var(--line);border-bottom:0}
.number{text-align:right;white-space:nowrap}
caption{text-align:left;color:var(--muted);padding:6px 12px}
figure{margin:14px 0;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 18px 12px}
figcaption{margin:0 0 12px}
.finding{font-weight:600;margin:0}
.drawing{overflow:hidden}
.drawing svg{display:block;max-width:100%;height:auto}
.drawing>svg{width:100%}
details{margin-top:4px}
.card .muted:last-child{margin-bottom:0}
summary{cursor:pointer;font-size:14px;color:var(--link);padding:2px 0;width:max-content;max-width:100%}
.absent{background:var(--card);border:1px dashed var(--line);border-radius:10px;padding:12px 18px;color:var(--muted)}
#tip{position:fixed;z-index:10;pointer-events:none;max-width:min(360px,90vw);background:var(--ink);color:var(--card);border-radius:6px;padding:7px 10px;font-size:13px;line-height:1.45;overflow-wrap:anywhere;box-shadow:0 2px 10px #0004}
#tip b{font-weight:600;opacity:.75;margin-right:6px}
footer{padding-top:30px;padding-bottom:40px;font-size:13px;color:var(--muted)}
@media (max-width:760px){p code{white-space:normal}main,header.top,footer{padding-left:12px;padding-right:12px}.two{grid-template-columns:1fr;gap:0}h1{font-size:23px}figure,.card{padding:12px}.tiles{grid-template-columns:repeat(2,1fr)}.scroll:has(.stack){max-height:none}.stack thead{position:absolute;left:-9999px}.stack tr{display:block;padding:6px 0;border-bottom:1px solid var(--line)}.stack td{display:block;border:0;padding:2px 12px}.tiles .value{font-size:20px}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:6px}}
@media print{td,th,.nowrap,td code{white-space:normal;overflow-wrap:anywhere;min-width:0}body{background:#fff;font-size:11pt}.skip,nav,#tip{display:none}figure,.card,.tiles li{break-inside:avoid}details:not([open]){display:none}.scroll{overflow:visible;max-height:none}h2,h3{break-after:avoid}main,header.top,footer{max-width:none;padding:0}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
`.trim();
