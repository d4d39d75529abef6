// Charts as inline SVG, as wide as their place, each with the same figures as a table for who doesn't see it.

import { drawing, element } from "./element.js";
import { labelled, ticks } from "./series.js";

const HEIGHT = 180;
/** Room for the scale on the left, the labels below, and half a figure at the top; in CSS pixels. */
const LEFT = 44;
const BELOW = 24;
const ABOVE = 10;
/** Room that a label takes. */
const LABEL = 56;

let charts = 0;

/**
 * Bars: `columns` are `[{label, name, value}]`, `label` short for the axis and `name` whole; `say(value)` is the figure in words.
 * `{title, unit}` head it.
 */
export function bars({ title, unit, columns, say }) {
  const scale = ticks(Math.max(0, ...columns.map(({ value }) => value)));
  return chart({ title, unit, rows: columns.map(({ name, value }) => [name, say(value)]) }, (svg, width) => {
    const { y, bottom } = ground(svg, width, scale);
    const step = (width - LEFT) / columns.length;
    const gap = Math.min(step * 0.3, 8);
    for (const [index, { name, value }] of columns.entries()) {
      if (value === 0) continue;
      const x = LEFT + index * step + gap / 2;
      const bar = drawing("rect", { class: "bar", x, y: y(value), width: step - gap, height: bottom - y(value), rx: 1 });
      bar.append(drawing("title", {}, `${name}: ${say(value)}`));
      svg.append(bar);
    }
    below(svg, width, columns.map(({ label }, index) => ({ label, x: LEFT + (index + 0.5) * step })));
  });
}

/**
 * Lines from 0 to 100: `lines` are `[{name, points: [{place, name, value}]}]`, `place` from 0 to 1; `ends` are the labels of the
 * axis's ends. Lines are told apart by how they are dashed, not by colour alone.
 */
export function lines({ title, unit, lines, ends, say }) {
  const rows = lines.flatMap(({ name, points }) => points.map((point) => [`${point.name}, ${name}`, say(point.value)]));
  const made = chart({ title, unit, rows }, (svg, width) => {
    const { y } = ground(svg, width, [0, 25, 50, 75, 100]);
    const x = (place) => LEFT + 6 + place * (width - LEFT - 12);
    for (const [index, { points }] of lines.entries()) {
      const path = points.map(({ place, value }, at) => `${at === 0 ? "M" : "L"}${x(place)} ${y(value)}`).join("");
      svg.append(drawing("path", { class: "line", "data-line": index, d: path }));
      for (const { place, name, value } of points) {
        const dot = drawing("circle", { class: "dot", "data-line": index, cx: x(place), cy: y(value), r: 3.5 });
        dot.append(drawing("title", {}, `${name}: ${say(value)}`));
        svg.append(dot);
      }
    }
    below(svg, width, [
      { label: ends[0], x: LEFT, anchor: "start" },
      { label: ends[1], x: width, anchor: "end" },
    ]);
  });
  const keys = lines.map(({ name }, index) => {
    const sample = drawing("svg", { class: "key", viewBox: "0 0 28 8", "aria-hidden": true });
    sample.append(drawing("path", { class: "line", "data-line": index, d: "M0 4H28" }));
    return element("li", {}, sample, name);
  });
  made.querySelector("figcaption").after(element("ul", { class: "keys" }, ...keys));
  return made;
}

/** How full something is: `value` of `of`. What was not measured has an empty, dashed bar. The words beside it say the same. */
export function gauge(value, of = 100) {
  const isKnown = Number.isFinite(value);
  const part = isKnown ? Math.min(1, Math.max(0, value / of)) : 0;
  return drawing(
    "svg",
    { class: "gauge", viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": true, "data-known": String(isKnown) },
    drawing("rect", { class: "all", width: 100, height: 6 }),
    drawing("rect", { class: "bar", width: part * 100, height: 6 }),
  );
}

function chart({ title, unit, rows }, draw) {
  const id = `chart-${++charts}`;
  const svg = drawing("svg", { class: "chart", role: "img", "aria-labelledby": id, height: HEIGHT });
  const table = element(
    "table",
    {},
    element("caption", { class: "unseen" }, title),
    element("tbody", {}, ...rows.map(([name, value]) => row(name, value))),
  );
  const figure = element(
    "figure",
    {},
    element("figcaption", { id }, title, " ", element("span", { class: "note" }, unit)),
    svg,
    element("details", {}, element("summary", {}, "As a table"), table),
  );
  new ResizeObserver(() => {
    const width = Math.floor(svg.getBoundingClientRect().width);
    if (width === 0) return;
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    svg.replaceChildren();
    draw(svg, width);
  }).observe(svg);
  return figure;
}

/** Draws the scale and its lines; gives where a value stands. */
function ground(svg, width, scale) {
  const bottom = HEIGHT - BELOW;
  const y = (value) => bottom - (value / scale.at(-1)) * (bottom - ABOVE);
  for (const tick of scale) {
    svg.append(
      drawing("path", { class: tick === 0 ? "base" : "grid", d: `M${LEFT} ${y(tick)}H${width}` }),
      drawing("text", { x: LEFT - 8, y: y(tick) + 4, "text-anchor": "end" }, String(tick)),
    );
  }
  return { y, bottom };
}

/** Writes as many labels below as there is room for. */
function below(svg, width, labels) {
  for (const index of labelled(labels.length, Math.floor((width - LEFT) / LABEL))) {
    const { label, x, anchor } = labels[index];
    // The last one may stand at the very edge.
    const end = x + LABEL / 2 > width ? { x: width, "text-anchor": "end" } : { x, "text-anchor": "middle" };
    svg.append(drawing("text", { y: HEIGHT - 6, ...end, ...(anchor ? { x, "text-anchor": anchor } : {}) }, label));
  }
}

function row(name, value) {
  return element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, value));
}
