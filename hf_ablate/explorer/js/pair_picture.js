/**
 * Mixtures of two units: predicted scores along the share of the second one.
 *
 * @param {Study} study
 * @param {Standing} standing - on the target
 * @param {{width: number, height: number}} size
 * @returns {Picture}
 */
function pairPicture(study, standing, size) {
  const { scores, order, target, references } = standing;
  const colours = pageColours();
  // Closer to each other at the ends, where the curve bends.
  const shares = d3.range(41).map((step) => (1 - Math.cos((Math.PI * step) / 40)) / 2);
  const curve = study.predictor.joint
    ? shares.map((share) => ({ share, ...intervalOf(study, Float64Array.of(1 - share, share), target) }))
    : [];
  const plot = Plot.plot({
    ...plotOptions(size),
    marginLeft: LEFT,
    marginBottom: 44,
    x: {
      domain: [0, 1],
      tickFormat: (share) => Math.round(100 * share),
      label: `${study.units[1]}, % of the tokens; the rest is ${study.units[0]}`,
      labelArrow: "none",
    },
    y: {
      domain: paddedExtent([...scores, ...curve.flatMap(({ low, high }) => [low, high])]),
      label: `predicted, ${study.unitOf(target)}`,
      labelArrow: "none",
      ticks: 5,
    },
    marks: [
      Plot.gridY({ stroke: colours.line, strokeOpacity: 1, ticks: 5 }),
      Plot.areaY(curve, { x: "share", y1: "low", y2: "high", fill: colours.accent, fillOpacity: 0.15 }),
      Plot.line(curve, { x: "share", y: "mean", stroke: colours.accent }),
    ],
  });
  const [x, y] = [plot.scale("x"), plot.scale("y")];
  const trace = (weights) => {
    const { score } = currentOn(study, standing, weights);
    return Number.isNaN(score) ? null : [[x.apply(weights[1]), y.apply(score)]];
  };
  const places = Array.from(order, (row) => ({
    row,
    x: x.apply(study.mixtures[row].weights[1]),
    y: y.apply(scores[row]),
  }));
  return {
    plot,
    places: () => places,
    dots: {
      places,
      colour: () => colours.accent,
      radius: () => 4,
      opacity: 1,
      isOutlined: (row) => references.has(row),
    },
    trace,
    order: Array.from(order),
    marked: [order[0]],
    lines: (row) => mixtureLines(study, standing, row),
    label: `${counted(order.length, "mixture")} of ${study.units.join(" and ")}. ${bestText(study, standing)}`,
    notes: curve.length ? ["The band is the 90 % interval of a model trained on the mixture."] : [],
    legend: [
      ["listed", "mixture"],
      ...(references.size ? [["outlined", "has a reference model"]] : []),
      ["best", "predicted best"],
      ["current", "current mixture"],
    ],
  };
}
