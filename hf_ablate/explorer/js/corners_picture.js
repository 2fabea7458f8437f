/**
 * How much of every mixture lies in three parts of the corpus, as places in a triangle.
 *
 * @param {Study} study
 * @param {Standing} standing - on the target
 * @param {string[]} corners - names of three parts
 * @param {{width: number, height: number}} size
 * @returns {Picture}
 */
function trianglePicture(study, standing, corners, size) {
  const { scores, order, references } = standing;
  const colours = pageColours();
  const colour = scoreColours(scores);
  const parts = corners.map((name) => unitsOfPart(study, name));
  const triangle = triangleIn(size);
  const spots = spreadOut(
    Array.from(order, (row) => ({ row, ...spotIn(triangle, study.mixtures[row].weights, parts) })).filter(
      ({ share }) => share > 1e-9,
    ),
    AROUND - 30,
  );
  const at = new Map(spots.map((spot) => [spot.row, [spot.x, spot.y]]));
  const radius = dotLook(spots.length).radius();
  const plot = Plot.plot({
    ...plotOptions(size),
    margin: 0,
    x: { type: "identity", axis: null },
    y: { type: "identity", axis: null },
    r: { type: "identity" },
    marks: [
      Plot.line([...triangle, triangle[0]], { stroke: colours.muted }),
      Plot.link(sharesIn(triangle), { x1: "x1", y1: "y1", x2: "x2", y2: "y2", stroke: colours.line }),
      Plot.text(sharesIn(triangle), {
        x: "x",
        y: "y",
        text: "text",
        fill: colours.muted,
        stroke: colours.paper,
        strokeWidth: 4,
      }),
      ...cornerLabels(triangle, corners, size, { fill: colours.ink, fontWeight: 600 }),
    ],
  });
  const left = order.length - spots.length;
  return {
    plot,
    places: () => spots,
    dots: {
      places: spots,
      colour: (row) => colour(scores[row]),
      opacity: 1,
      radius: ({ share }) => radius * (0.5 + 0.7 * Math.sqrt(share)),
      isOutlined: (row) => references.has(row),
    },
    trace(weights, row) {
      const { share, x, y } = spotIn(triangle, weights, parts);
      return share > 1e-9 ? [at.get(row) ?? [x, y]] : null;
    },
    order: spots.map(({ row }) => row),
    marked: [order[0]],
    lines: (row) => mixtureLines(study, standing, row),
    label:
      `${counted(spots.length, "mixture")} by what they hold of ${corners.join(", ")}. ` + bestText(study, standing),
    notes: [
      "A corner holds mixtures of its part alone, a side those of two. The smaller a dot, the more of its mixture lies " +
        "in other parts. Mixtures in the same place are drawn around it, the best in the middle.",
      ...(left ? [`${counted(left, "mixture")} with none of the three ${left === 1 ? "is" : "are"} left out.`] : []),
    ],
    legend: [
      ...(references.size ? [["outlined", "has a reference model"]] : []),
      ["best", "predicted best"],
      ["current", "current mixture"],
    ],
    colours: colour,
  };
}

/** @returns {Object[]} marks of Plot: the names of the corners, cut off where they would meet */
function cornerLabels(triangle, corners, { width }, look) {
  const below = triangle[0][1] + AROUND - 12;
  const [left, right] = [Math.max(4, triangle[0][0] - AROUND), Math.min(width - 4, triangle[1][0] + AROUND)];
  return [
    [left, below, "start"],
    [right, below, "end"],
    [width / 2, triangle[2][1] - AROUND + 20, "middle"],
  ].map(([x, y, textAnchor], corner) =>
    Plot.text([corners[corner]], {
      x: [x],
      y: [y],
      text: (name) => name,
      textAnchor,
      lineWidth: width / 28,
      textOverflow: "ellipsis",
      ...look,
    }),
  );
}
