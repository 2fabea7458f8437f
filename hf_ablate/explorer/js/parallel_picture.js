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
  const { scores, order, ranks, references } = standing;
  const colours = pageColours();
  const rows = Array.from(order.filter((row) => ranks[row] <= MOST_LINES || references.has(row)));
  const colour = scoreColours(rows.map((row) => scores[row]));
  const { axes, left } = axesOf(study, rows, by, size.width);
  const weight = (weights, axis) => d3.sum(axis.units, (unit) => weights[unit]);
  const corners = rows.toReversed().flatMap((row) =>
    axes.map((axis) => ({ row, name: axis.name, weight: weight(study.mixtures[row].weights, axis) })),
  );
  const isCrowded = (size.width - 60) / axes.length < 7 * d3.max(axes, ({ name }) => name.length);
  const plot = Plot.plot({
    ...plotOptions(size),
    marginLeft: 46,
    marginTop: 30,
    marginRight: 26,
    marginBottom: isCrowded ? Math.min(120, 16 + 6 * d3.max(axes, ({ name }) => name.length)) : 34,
    x: { type: "point", domain: axes.map(({ name }) => name), label: null, padding: 0.2, tickRotate: isCrowded ? -60 : 0, tickSize: 0 },
    y: { domain: [0, d3.max(corners, ({ weight }) => weight)], ticks: 5, tickFormat: (share) => `${Math.round(100 * share)} %`, label: "share of the tokens", labelArrow: "none" },
    marks: [
      Plot.ruleX(axes, { x: "name", stroke: colours.line }),
      Plot.line(corners, {
        x: "name", y: "weight", z: "row", stroke: ({ row }) => colour(scores[row]), strokeWidth: 1.2, strokeOpacity: 0.7,
      }),
      Plot.dot(corners.filter(({ row }) => references.has(row)), { x: "name", y: "weight", r: 3, fill: ({ row }) => colour(scores[row]) }),
    ],
  });
  const [x, y] = [plot.scale("x"), plot.scale("y")];
  const trace = (weights) => axes.map((axis) => [x.apply(axis.name), y.apply(weight(weights, axis))]);
  const hidden = order.length - rows.length;
  return {
    plot,
    places: rows.toReversed().flatMap((row) => alongLine(trace(study.mixtures[row].weights)).map(([x, y]) => ({ row, x, y }))),
    trace,
    order: rows,
    marked: [order[0]],
    lines: (row) => mixtureLines(study, standing, row),
    label: `Weights of ${counted(rows.length, "mixture")} over ${counted(axes.length, by === "unit" ? "unit" : "group")}. ${bestText(study, standing)}`,
    notes: [
      hidden
        ? `The ${countText(Math.min(MOST_LINES, order.length))} best mixtures and those with a reference model; the other ${countText(hidden)} are in the ranking.`
        : `All ${countText(rows.length)} mixtures.`,
      ...(left ? [`The ${counted(axes.length, "part")} that they hold most of; ${countText(left)} others are left out.`] : []),
    ],
    legend: [["dots", "has a reference model"], ["best", "predicted best"], ["current", "current mixture"]],
    colours: colour,
  };
}

/** @returns {{axes: {name: string, units: number[]}[], left: number}} parts with an axis, and how many have none */
function axesOf(study, rows, by, width) {
  const parts = partsBy(study, by).map((name) => ({ name: name.replace(`${by}=`, ""), units: unitsOfPart(study, name) }));
  const held = ({ units }) => d3.mean(rows, (row) => d3.sum(units, (unit) => study.mixtures[row].weights[unit]));
  const most = Math.floor((width - 60) / 15);
  const largest = new Set(d3.sort(parts, (part) => -held(part)).slice(0, most));
  return { axes: parts.filter((part) => largest.has(part)), left: Math.max(0, parts.length - most) };
}

/** @returns {number[][]} the corners of a line, and places between them, at which it can be pointed at */
function alongLine(corners) {
  return d3.pairs(corners).flatMap(([from, to]) => [0, 0.25, 0.5, 0.75, 1].map((share) => d3.interpolateArray(from, to)(share).slice()));
}
