const LEFT = 58; // pixels beside the vertical axis

/**
 * Predicted scores against those of the reference models; mixtures without one in a strip along the predicted scores.
 *
 * @param {Study} study
 * @param {Standing} standing - on the target
 * @param {{width: number, height: number}} size
 * @returns {Picture}
 */
function scatterPicture(study, standing, size) {
  const { scores, references, order } = standing;
  const colours = pageColours();
  const measured = Array.from(references, ([row, reference]) => ({ row, reference, ...standing.interval(row) }));
  const others = order.filter((row) => !references.has(row));
  const [top, bottom, gap] = [26, 44, 30];
  const strip =
    references.size === 0 ? size.height - top - bottom : others.length === 0 ? 0 : Math.min(90, size.height / 5);
  const floor = size.height - bottom;
  const scattered = (row) => floor - strip * (0.08 + 0.84 * ((row * 0.618034) % 1)); // apart, and the same each time
  const [least, most] = d3.extent([...scores, ...measured.flatMap(({ low, high }) => [low, high])]);
  const margin = (most - least || 1) / 40;
  const plot = Plot.plot({
    ...plotOptions(size),
    marginLeft: LEFT,
    marginTop: top,
    marginBottom: bottom,
    x: {
      domain: [least - margin, most + margin],
      label: `predicted, ${study.unitOf(standing.target)}`,
      labelArrow: "none",
      ticks: size.width / 110,
    },
    y: {
      domain: paddedExtent(references.values()),
      range: [floor - strip - (strip && gap), top],
      label: references.size ? "reference model" : null,
      axis: references.size ? "left" : null,
      labelArrow: "none",
      ticks: 5,
    },
    marks: [
      Plot.gridX({ stroke: colours.line, strokeOpacity: 1, ticks: size.width / 110 }),
      references.size ? Plot.gridY({ stroke: colours.line, strokeOpacity: 1, ticks: 5 }) : null,
      references.size
        ? Plot.line(diagonal(least, most, references.values()), { stroke: colours.muted, strokeDasharray: "4 3" })
        : null,
      Plot.ruleY(measured, {
        x1: "low",
        x2: "high",
        y: "reference",
        stroke: colours.accent,
        strokeOpacity: 0.4,
        strokeWidth: 2,
      }),
      Plot.dot(measured, { x: ({ row }) => scores[row], y: "reference", r: 4.5, fill: colours.accent }),
      strip && references.size
        ? Plot.text(["without a reference model"], {
            x: { value: () => LEFT, scale: null },
            y: { value: () => floor - strip - 10, scale: null },
            textAnchor: "start",
            fill: colours.muted,
          })
        : null,
    ],
  });
  const [x, y] = [plot.scale("x"), plot.scale("y")];
  const heightOf = (row) =>
    references.has(row) ? y.apply(references.get(row)) : row < 0 ? floor - strip / 2 : scattered(row);
  const placed = (rows) => Array.from(rows, (row) => ({ row, x: x.apply(scores[row]), y: heightOf(row) }));
  return {
    plot,
    places: () => placed(order),
    dots: { places: placed(others), colour: () => colours.muted, ...dotLook(others.length) },
    trace(weights) {
      const { row, score } = currentOn(study, standing, weights);
      return Number.isNaN(score) ? null : [[x.apply(score), heightOf(row)]];
    },
    order: Array.from(order),
    marked: [order[0]],
    lines: (row) => mixtureLines(study, standing, row),
    label:
      `${counted(order.length, "mixture")}, ${countText(references.size)} of them with a reference model, on ` +
      `${targetLabel(study, standing.target)}. ${bestText(study, standing)}`,
    notes: references.size
      ? [
          "Dashed: predicted as measured. The predictor has learned from these reference models; how well it predicts " +
            "models that it has not seen is in the report.",
        ]
      : [
          "No mixture has a reference model yet, so that there is nothing to hold the predictions against. Heights are " +
            "by chance, to tell dots apart.",
        ],
    legend: [
      ...(references.size
        ? [["reference", "mixture with a reference model, and 90 % interval of its prediction"]]
        : []),
      ...(others.length ? [["listed", "mixture without a reference model"]] : []),
      ["best", "predicted best"],
      ["current", "current mixture"],
    ],
  };
}

/** @returns {number[]} the least and the greatest number, with some room around them */
function paddedExtent(numbers) {
  const [least, most] = d3.extent(numbers);
  const margin = (most - least || Math.abs(least) || 1) / 20;
  return [least - margin, most + margin];
}

/** @returns {number[][]} the ends of the line on which predicted and measured scores are the same, in what is shown */
function diagonal(least, most, references) {
  const [low, high] = paddedExtent(references);
  const ends = [Math.max(least, low), Math.min(most, high)];
  return ends[0] < ends[1] ? ends.map((end) => [end, end]) : [];
}
