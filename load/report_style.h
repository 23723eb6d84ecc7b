#pragma once

// How the report looks: one style sheet, two sets of colours. Within load/ only.

namespace iotemu::load {

inline constexpr const char* kReportStyle = R"css(
:root { color-scheme: light dark; --page: #f6f7f9; --card: #ffffff; --ink: #1a2230; --soft: #5c6879; --rule: #e3e7ed;
  --c1: #2f6fde; --c2: #10967a; --c3: #d98310; --c4: #d23f4c; --c5: #7a55d1; --good: #10815f; --bad: #c22f3d; }
@media (prefers-color-scheme: dark) { :root { --page: #10141b; --card: #181e28; --ink: #e6ebf2; --soft: #94a1b5;
  --rule: #2a3342; --c1: #6ea3ff; --c2: #3fc9a6; --c3: #f0aa4b; --c4: #f4737e; --c5: #ab8cf5; --good: #3fc99b;
  --bad: #f4737e; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 32px 20px 56px; }
header { display: flex; flex-wrap: wrap; gap: 8px 20px; align-items: center; margin-bottom: 22px; }
header div { flex: 1 1 320px; }
h1 { font-size: 27px; line-height: 1.2; letter-spacing: -.01em; margin: 0; }
h2 { font-size: 17px; margin: 34px 0 12px; }
.kind { color: var(--soft); font-size: 13px; letter-spacing: .04em; text-transform: uppercase; margin: 0 0 4px; }
.when { color: var(--soft); margin: 4px 0 0; }
.pill { font-weight: 600; border-radius: 99px; padding: 6px 16px; border: 1.5px solid; white-space: nowrap; }
.good { color: var(--good); } .bad { color: var(--bad); } .soft { color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; }
.tile, figure, .card { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; }
.tile { padding: 14px 16px; }
.tile span { display: block; color: var(--soft); font-size: 13px; }
.tile b { display: block; font-size: 24px; line-height: 1.25; letter-spacing: -.01em; }
.tile small { color: var(--soft); font-size: 13px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 14px;
  align-items: start; }
.wide { grid-column: 1 / -1; }
figure { margin: 0; padding: 14px 16px 10px; min-width: 0; }
figcaption { display: flex; flex-wrap: wrap; gap: 2px 10px; align-items: baseline; margin-bottom: 6px; }
.note { color: var(--soft); font-size: 13px; }
.legend { margin-left: auto; display: flex; flex-wrap: wrap; gap: 2px 12px; font-size: 13px; color: var(--soft); }
.swatch { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 5px; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { font-size: 11.5px; fill: var(--soft); }
.end { text-anchor: end; } .middle { text-anchor: middle; }
svg .mark { fill: var(--ink); font-weight: 600; }
.grid { stroke: var(--rule); } .axis { stroke: var(--soft); } .marker { stroke: var(--ink); stroke-dasharray: 2 3; }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; } .area { opacity: .14; }
.tips rect { fill: transparent; } .tips rect:hover { fill: var(--soft); fill-opacity: .12; }
.line.c1 { stroke: var(--c1); } .line.c2 { stroke: var(--c2); } .line.c3 { stroke: var(--c3); }
.line.c4 { stroke: var(--c4); } .line.c5 { stroke: var(--c5); }
.column.c1, .area.c1, .dot.c1 { fill: var(--c1); } .area.c2, .dot.c2 { fill: var(--c2); }
.area.c3, .dot.c3 { fill: var(--c3); } .area.c4, .dot.c4 { fill: var(--c4); } .area.c5, .dot.c5 { fill: var(--c5); }
.column { opacity: .85; } .column:hover { opacity: 1; }
.swatch.c1, .fill.c1 { background: var(--c1); } .swatch.c2, .fill.c2 { background: var(--c2); }
.swatch.c3, .fill.c3 { background: var(--c3); } .swatch.c4, .fill.c4 { background: var(--c4); }
.swatch.c5, .fill.c5 { background: var(--c5); }
.bars { display: grid; grid-template-columns: minmax(60px, auto) 1fr auto; gap: 7px 12px; align-items: center;
  font-size: 14px; padding: 4px 0 8px; }
.bars .name { overflow-wrap: anywhere; } .bars .value { text-align: right; font-variant-numeric: tabular-nums; }
.bars small { display: inline-block; min-width: 58px; color: var(--soft); }
.track { background: var(--page); border-radius: 4px; overflow: hidden; }
.fill { display: block; height: 14px; min-width: 2px; border-radius: 4px; }
.card { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 9px 16px; text-align: right; white-space: nowrap; border-top: 1px solid var(--rule); }
tr:first-child > * { border-top: 0; }
th { color: var(--soft); font-weight: 500; font-size: 13px; }
th:first-child, td:first-child, .left { text-align: left; }
td.text { white-space: pre-wrap; overflow-wrap: anywhere; text-align: left; }
code, pre { font: 13px/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { margin: 0; padding: 14px 16px; white-space: pre-wrap; overflow-wrap: anywhere; }
footer { color: var(--soft); font-size: 13px; margin-top: 36px; }
@media print { body { background: #fff; } .tile, figure, .card { break-inside: avoid; } }
)css";

}  // namespace iotemu::load
