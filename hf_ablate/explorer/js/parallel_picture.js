const MOST_LINES = 200; // mixtures that have a line; more would hide each other

/**
 * The weights of the best mixtures and of those with a reference model, a line for each.
 *
 * @param {Study} study
 * @param {Standing} standing - on the target
 * @param {string} by - "unit", or a field by whose groups weights are added up
 * @param {{width: number, height: number}} size
 * @returns {Picture}
 */
function parallelPicture(study, standing, by, size) {
  const { scores, order, references } = standing;
  const colours = pageColours();
  const rows = Array.from(order.filter((row, position) => position < MOST_LINES || references.has(row)));
  const colour = scoreColours(rows.map((row) => scores[row]));
  const { axes, left } = axesOf(study, rows, by, size.width);
  const heldOf = (weights) => axes.map(({ units }) => d3.sum(units, (unit) => weights[unit]));
  const held = new Map(rows.map((row) => [row, heldOf(study.mixtures[row].weights)]));
  const longest = d3.max(axes, ({ name }) => name.length);
  const isCrowded = (size.width - 60) / axes.length < 7 * longest;
  const plot = Plot.plot({
    ...plotOptions(size),
    marginLeft: 46,
    marginTop: 30,
    marginRight: 26,
    marginBottom: isCrowded ? Math.min(120, 16 + 6 * longest) : 34,
    x: {
      type: "point",
      domain: axes.map(({ name }) => name),
      label: null,
      padding: 0.2,
      tickRotate: isCrowded ? -60 : 0,
      tickSize: 0,
    },
    y: {
      domain: [0, d3.max(held.values(), (weights) => d3.max(weights))],
      ticks: 5,
      tickFormat: (share) => `${Math.round(100 * share)} %`,
      label: "share of the tokens",
      labelArrow: "none",
    },
    marks: [Plot.ruleX(axes, { x: "name", stroke: colours.line })],
  });
  const [x, y] = [plot.scale("x"), plot.scale("y")];
  const traceOf = (weights) => weights.map((weight, axis) => [x.apply(axes[axis].name), y.apply(weight)]);
  const lines = rows.toReversed().map((row) => ({ row, trace: traceOf(held.get(row)) }));
  drawLines(
    d3.select(plot).append("g"),
    lines,
    ({ row }) => colour(scores[row]),
    ({ row }) => references.has(row),
  );
  const hidden = order.length - rows.length;
  return {
    plot,
    places: () => lines.flatMap(({ row, trace }) => alongLine(trace).map(([x, y]) => ({ row, x, y }))),
    trace: (weights) => traceOf(heldOf(weights)),
    order: rows,
    marked: [order[0]],
    lines: (row) => mixtureLines(study, standing, row),
    label:
      `Weights of ${counted(rows.length, "mixture")} over ${counted(axes.length, by === "unit" ? "unit" : "group")}. ` +
      bestText(study, standing),
    notes: [
      hidden
        ? `The ${MOST_LINES} best mixtures and those with a reference model; the ranking has the other ${countText(hidden)}.`
        : `All ${countText(rows.length)} mixtures.`,
      ...(left ? [`Those ${axes.length} of ${axes.length + left} parts that they hold most of.`] : []),
    ],
    legend: [
      ...(references.size ? [["dots", "has a reference model"]] : []),
      ["best", "predicted best"],
      ["current", "current mixture"],
    ],
    colours: colour,
  };
}

/** @returns {{axes: {name: string, units: number[]}[], left: number}} parts with an axis, and how many have none */
function axesOf(study, rows, by, width) {
  const parts = slidersBy(study, by);
  const held = ({ units }) => d3.sum(rows, (row) => d3.sum(units, (unit) => study.mixtures[row].weights[unit]));
  const most = Math.floor((width - 60) / 15);
  const largest = new Set(d3.sort(parts, (part) => -held(part)).slice(0, most));
  return { axes: parts.filter((part) => largest.has(part)), left: Math.max(0, parts.length - most) };
}

/** Draw a line for each mixture, with dots at the corners of some. */
function drawLines(group, lines, colour, hasDots) {
  const paths = group
    .selectAll("path")
    .data(lines)
    .join("path")
    .attr("d", ({ trace }) => d3.line()(trace));
  paths.attr("fill", "none").attr("stroke", colour).attr("stroke-width", 1.2).attr("stroke-opacity", 0.7);
  const dots = group.selectAll("g").data(lines.filter(hasDots)).join("g").attr("fill", colour);
  const circles = dots
    .selectAll("circle")
    .data(({ trace }) => trace)
    .join("circle");
  circles
    .attr("cx", ([x]) => x)
    .attr("cy", ([, y]) => y)
    .attr("r", 3);
}

/** @returns {number[][]} the corners of a line, and places between them, at which it can be pointed at */
function alongLine(corners) {
  const between = ([[x1, y1], [x2, y2]]) =>
    [0, 0.25, 0.5, 0.75, 1].map((share) => [x1 + share * (x2 - x1), y1 + share * (y2 - y1)]);
  return corners.length > 1 ? d3.pairs(corners).flatMap(between) : corners;
}
