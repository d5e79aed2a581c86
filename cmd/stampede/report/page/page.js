// The plots of a report: lines or stacked areas over time, drawn as SVG. One result is
// drawn whole; of two, A is dashed and B is solid.
"use strict";
const results = JSON.parse(document.getElementById("data").textContent);
const two = results.length > 1, tip = document.getElementById("tip");
const colors = { p50: "--c0", p90: "--c1", p99: "--c2", max: "--c3", sold: "--c4", held: "--c1", waiting: "--c5", active: "--c3",
  planned: "--ink", dropped: "--bad", late: "--warn", error: "--c3" };
const names = { active: "under way" };

// Numbers as the rest of the page writes them.
const digits = x => x === 0 ? "0" : x.toFixed(Math.min(2, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(x))))));
const number = x => Math.abs(x) < 100 && x % 1 ? digits(x) : Math.round(x).toString().replace(/\B(?=(\d{3})+$)/g, " ");
const millis = x => x === 0 ? "0" : x < 1 ? digits(x * 1000) + " µs" : x < 1000 ? digits(x) + " ms" : digits(x / 1000) + " s";
const seconds = x => x < 120 ? +x.toFixed(2) + " s" : Math.floor(x / 60) + " min " + Math.round(x % 60) + " s";

// A long run is drawn with at most 600 moments: counts are added, of latencies and
// states the greatest counts.
const few = 600;
function thin(r) {
  const by = Math.ceil(r.timeline.length / few) || 1, out = [];
  for (let i = 0; i < r.timeline.length; i += by) {
    const part = r.timeline.slice(i, i + by), sum = f => part.reduce((n, m) => n + (f(m) || 0), 0);
    const top = f => Math.max(...part.map(f).map(x => x ?? -1)), keys = f => [...new Set(part.flatMap(m => Object.keys(f(m))))];
    out.push({ at: part[0].at, span: part.length * r.interval, planned: sum(m => m.planned), dropped: sum(m => m.dropped), late: sum(m => m.late),
      sold: top(m => m.sold), held: top(m => m.held), waiting: top(m => m.waiting), active: top(m => m.active),
      statuses: Object.fromEntries(keys(m => m.statuses).map(s => [s, sum(m => m.statuses[s])])),
      operations: Object.fromEntries(keys(m => m.operations).map(o => [o, Object.fromEntries(["p50", "p90", "p99", "max"].map(q =>
        [q, top(m => m.operations[o] && m.operations[o].answered ? m.operations[o][q] : null)]))])) });
  }
  return out;
}
const times = results.map(thin);

// series gives a line of each result; pick gives its value at a moment, null for none.
const series = (name, color, pick, more) => times.map((moments, i) => ({ name: two ? (names[name] || name) + " " + "AB"[i] : names[name] || name, color,
  dash: two && i === 0, points: moments.map(m => [m.at, pick(m)]).map(([x, y]) => [x, y === undefined || y < 0 ? null : y]), ...more }))
  .filter(s => s.points.some(p => p[1] !== null));

function element(name, attributes, ...children) {
  const svg = ["svg", "path", "line", "text", "circle", "g", "rect"].includes(name);
  const e = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [k, v] of Object.entries(attributes || {})) e.setAttribute(k, v);
  e.append(...children);
  return e;
}

// ticks are round numbers from 0, or powers of ten.
function ticks(low, high, log) {
  if (log) {
    const out = [];
    for (let e = Math.floor(Math.log10(low)); 10 ** e <= high * 1.0001; e++) out.push(10 ** e);
    return out;
  }
  const raw = high / 5 || 1, e = 10 ** Math.floor(Math.log10(raw)), step = [1, 2, 2.5, 5, 10].find(m => m * e >= raw * .999) * e, out = [];
  for (let y = 0; y < high + step * .999; y += step) out.push(+y.toPrecision(10));
  return out;
}

// Plot is one figure: its lines, its legend, and what is under the pointer.
class Plot {
  constructor(id, format) {
    this.figure = document.getElementById(id);
    this.format = format;
    this.hidden = new Set();
    this.label = this.figure.querySelector("figcaption").firstChild.textContent.trim();
    this.svg = element("svg", { role: "img", tabindex: 0, "aria-label": this.label + ": arrow keys show values" });
    this.legend = element("div", { class: "legend" });
    this.figure.append(this.svg, this.legend);
    this.svg.addEventListener("pointermove", e => this.hover(e.clientX, e.clientY));
    this.svg.addEventListener("pointerdown", e => this.hover(e.clientX, e.clientY));
    for (const e of ["pointerleave", "blur"]) this.svg.addEventListener(e, () => this.leave());
    this.svg.addEventListener("keydown", e => this.key(e));
    new ResizeObserver(() => this.draw()).observe(this.figure);
  }
  show(lines, options) {
    this.lines = lines;
    Object.assign(this, { stack: false, log: false }, options);
    this.figure.hidden = !lines.length;
    this.legend.replaceChildren(...lines.map(s => {
      const b = element("button", { type: "button", "aria-pressed": !this.hidden.has(s.name) },
        element("i", { style: `background-color: var(${s.color})`, class: s.dash ? "dash" : "" }), s.name);
      b.onclick = () => {
        this.hidden.has(s.name) ? this.hidden.delete(s.name) : this.hidden.add(s.name);
        b.setAttribute("aria-pressed", !this.hidden.has(s.name));
        this.draw();
      };
      return b;
    }));
    this.draw();
  }
  // stacked gives each line the sum of those below it as its floor.
  stacked(lines) {
    const floor = new Map();
    return lines.map(s => s.line ? s : { ...s, points: s.points.map(([x, y]) => {
      const low = floor.get(x) || 0;
      floor.set(x, low + (y || 0));
      return [x, low + (y || 0), low];
    }) });
  }
  draw() {
    const width = this.figure.clientWidth - 28, height = Math.round(Math.min(300, Math.max(190, width * .3)));
    if (!this.lines || width <= 0 || this.figure.hidden) return;
    this.shown = this.lines.filter(s => !this.hidden.has(s.name));
    const lines = this.stack ? this.stacked(this.shown) : this.shown, values = lines.flatMap(s => s.points.map(p => p[1])).filter(y => y !== null);
    const left = 58, right = width - 22, top = 18, bottom = height - 22;
    const end = Math.max(1e-9, ...results.map(r => r.seconds), ...times.flat().map(m => m.at));
    const positive = values.filter(y => y > 0), log = this.log && positive.length;
    const low = log ? 10 ** Math.floor(Math.log10(Math.min(...positive))) : 0;
    const marks = ticks(low || 1, Math.max(log ? low * 10 : 0, ...values, log ? 0 : 1e-9), log);
    const high = Math.max(marks.at(-1), ...values);
    const X = this.X = x => left + x / end * (right - left);
    const Y = y => log ? bottom - Math.log(Math.max(y, low) / low) / Math.log(high / low) * (bottom - top) : bottom - y / high * (bottom - top);
    const parts = [];
    for (const y of marks) parts.push(element("line", { class: "grid", x1: left, x2: right, y1: Y(y), y2: Y(y) }),
      element("text", { x: left - 6, y: Y(y) + 4, "text-anchor": "end" }, this.format(y)));
    for (const x of ticks(0, end).filter(x => x <= end)) parts.push(element("text", { x: X(x), y: height - 6, "text-anchor": "middle" }, x + " s"));
    for (const s of lines) parts.push(...this.line(s, X, Y));
    results.forEach((r, i) => r.faults.forEach((f, n) => parts.push(element("line", { class: "fault", x1: X(f.at), x2: X(f.at), y1: top - 6, y2: bottom }),
      element("text", { class: "mark", x: X(f.at) + (two ? i * 4 - 2 : 0), y: top - 8, "text-anchor": two ? ["end", "start"][i] : "middle" }, (two ? "AB"[i] : "") + (n + 1)))));
    this.cursor = element("g", {});
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.style.height = height + "px";
    this.svg.replaceChildren(...parts, this.cursor);
    Object.assign(this, { drawn: lines, Y, top, bottom, left, right, end });
  }
  // line draws one: where there is no value there is a gap.
  line(s, X, Y) {
    let path = "", pen = false;
    for (const [x, y] of s.points) {
      if (y !== null) path += (pen ? "L" : "M") + X(x).toFixed(1) + " " + Y(y).toFixed(1);
      pen = y !== null;
    }
    const color = `var(${s.color})`;
    if (this.stack && !s.line) {
      const back = s.points.slice().reverse().map(([x, , low]) => "L" + X(x).toFixed(1) + " " + Y(low).toFixed(1)).join("");
      return [element("path", { d: path + back + "Z", style: `fill: ${color}; opacity: .75` })];
    }
    const out = [element("path", { d: path, style: `fill: none; stroke: ${color}; stroke-width: 1.8; stroke-linejoin: round` +
      (s.dash || s.line ? "; stroke-dasharray: 5 3" : "") })];
    // A point between two gaps has no line.
    s.points.forEach(([x, y], i) => {
      if (y !== null && (s.points[i - 1] || [])[1] == null && (s.points[i + 1] || [])[1] == null)
        out.push(element("circle", { cx: X(x), cy: Y(y), r: 2, style: `fill: ${color}` }));
    });
    return out;
  }
  hover(clientX, clientY) {
    const box = this.svg.getBoundingClientRect();
    this.at((clientX - box.left - this.left) / (this.right - this.left) * this.end, clientX, clientY);
  }
  // at shows the moment nearest to x.
  at(x, clientX, clientY) {
    const all = times.flat().map(m => m.at), near = all.reduce((a, b) => Math.abs(b - x) < Math.abs(a - x) ? b : a, all[0]);
    if (near === undefined) return;
    this.near = near;
    const rows = [], dots = [element("line", { class: "cursor", x1: this.X(near), x2: this.X(near), y1: this.top, y2: this.bottom })];
    this.shown.forEach((s, i) => {
      const k = s.points.findIndex(p => p[0] === near);
      if (k < 0 || s.points[k][1] === null) return;
      rows.push(element("tr", {}, element("td", {}, element("i", { style: `background: var(${s.color})` }), s.name), element("td", {}, this.format(s.points[k][1]))));
      dots.push(element("circle", { cx: this.X(near), cy: this.Y(this.drawn[i].points[k][1]), r: 3, style: `fill: var(${s.color})` }));
    });
    this.cursor.replaceChildren(...dots);
    const table = element("table", {}, ...(this.stack ? rows.reverse() : rows)), about = (this.end / 40);
    const faults = results.flatMap((r, i) => r.faults.map((f, n) => [f, (two ? "AB"[i] : "") + (n + 1)])).filter(([f]) => Math.abs(f.at - near) <= about);
    tip.replaceChildren(element("b", {}, seconds(near)), table, ...faults.map(([f, n]) => element("div", {}, `${n}: ${f.command}`)));
    tip.hidden = false;
    const w = tip.offsetWidth, h = tip.offsetHeight;
    tip.style.left = Math.max(4, Math.min(innerWidth - w - 4, clientX + 14 + w > innerWidth ? clientX - w - 14 : clientX + 14)) + "px";
    tip.style.top = Math.max(4, Math.min(innerHeight - h - 4, clientY - h / 2)) + "px";
  }
  leave() {
    tip.hidden = true;
    if (this.cursor) this.cursor.replaceChildren();
  }
  key(e) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[e.key], all = [...new Set(times.flat().map(m => m.at))].sort((a, b) => a - b);
    if (!step || !all.length) return;
    e.preventDefault();
    const i = Math.max(0, Math.min(all.length - 1, this.near === undefined ? 0 : all.indexOf(this.near) + step)), box = this.svg.getBoundingClientRect();
    this.at(all[i], box.left + this.X(all[i]), box.top + box.height / 2);
  }
}

// The latency of one operation: percentiles, or of two results the same ones of both.
const latency = new Plot("latency", millis), choose = latency.figure.querySelector("select"), log = latency.figure.querySelector("input");
for (const o of new Set(results.flatMap(r => r.operations.filter(o => o.answered).map(o => o.name)))) choose.append(element("option", {}, o));
const showLatency = () => latency.show((two ? ["p50", "p99"] : ["max", "p99", "p90", "p50"]).flatMap(q =>
  series(q, colors[q], m => m.operations[choose.value] ? m.operations[choose.value][q] : null)), { log: log.checked });
choose.onchange = log.onchange = showLatency;
// What differs much is drawn on a logarithmic scale at first: else there is one peak, and nothing else to see.
const of = q => times.flat().flatMap(m => Object.values(m.operations).map(o => o[q])).filter(x => x > 0).sort((a, b) => a - b);
log.checked = of("max").length > 0 && of("max").at(-1) > 20 * of("p50")[of("p50").length >> 1];

// Which colour a status has: by its class, and within it by turns.
const shades = { 2: ["--ok", "--c4", "--c0"], 3: ["--c0"], 4: ["--c1", "--warn", "--c5"], 5: ["--bad", "--c2"], e: ["--c3"] }, turn = {};
const shade = s => { const list = shades[s[0]] || ["--c3"]; turn[s[0]] = (turn[s[0]] ?? -1) + 1; return list[turn[s[0]] % list.length]; };
const codes = [...new Set(results.flatMap(r => r.timeline.flatMap(m => Object.keys(m.statuses))))].sort();
const span = m => m.span || 1;
const planned = results.every(r => r.setup.model === "open") ? series("planned", colors.planned, m => m.planned / span(m), { line: true }) : [];
if (two) {
  new Plot("statuses", number).show(["2", "4", "5", "e"].flatMap(c => series({ 2: "2xx", 4: "4xx", 5: "5xx", e: "no answer" }[c], shades[c][0], m =>
    Object.entries(m.statuses).reduce((n, [s, x]) => n + (s[0] === c ? x : 0), 0) / span(m))).filter(s => s.points.some(p => p[1] > 0)));
} else {
  new Plot("statuses", number).show([...codes.flatMap(s => series(s === "error" ? "no answer" : s, shade(s), m => (m.statuses[s] || 0) / span(m))), ...planned], { stack: true });
}
new Plot("tickets", number).show(["sold", "held"].flatMap(k => series(k, colors[k], m => m[k])).filter(s => s.points.some(p => p[1] > 0)));
new Plot("people", number).show(["waiting", "active"].flatMap(k => series(k, colors[k], m => m[k])).filter(s => s.points.some(p => p[1] > 0)));
new Plot("behind", number).show(["dropped", "late"].flatMap(k => series(k, colors[k], m => m[k] / span(m))).filter(s => s.points.some(p => p[1] > 0)));
showLatency();
