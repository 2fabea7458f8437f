/** The mixtures on two targets, and those of them that no other beats on both. */
function drawFront(study, state, container) {
  const section = d3.select(container);
  if (study.mixtures.length < 2 || study.targets.length < 2) {
    section.append("p").text("There are too few mixtures or targets to weigh one against the other.");
    return;
  }
  const chosen = () =>
    ["first", "second"].map((name) => study.targets.find((target) => target.name === state.get()[name]));
  const standings = () => chosen().map(({ weights }) => standingOn(study, weights));
  const settings = section.append("div").attr("class", "settings");
  drawTargetChoice(study, state, settings, "First target", "first");
  drawTargetChoice(study, state, settings, "Second target", "second");
  makePicture(study, state, section, ["first", "second"], (size) => frontPicture(study, chosen(), standings(), size));
  const heading = section.append("h3");
  const caption = "No other mixture beats one of these on both targets; those of few units first.";
  const table = makeMixtureTable(study, state, section, caption, "units");
  drawOnChange(state, ["first", "second"], () => {
    const front = paretoFront(...standings().map(({ scores }) => scores));
    heading.text(`The front: ${counted(front.length, "mixture")}`);
    table.show(front, frontColumns(study, chosen(), standings()));
  });
}

/** A list of targets, of which one is an end of the trade. */
function drawTargetChoice(study, state, container, label, name) {
  const list = container.append("label").text(`${label} `).append("select");
  list
    .selectAll("option")
    .data(study.targets)
    .join("option")
    .attr("value", (target) => target.name)
    .text((target) => target.label);
  list.on("change", (event) => state.update({ [name]: event.target.value }));
  drawOnChange(state, [name], (now) => list.property("value", now[name]));
}

/**
 * @param {Float64Array} first - scores on a target, lower is better
 * @param {Float64Array} second - on another
 * @returns {number[]} positions of the mixtures that no other beats on one target without losing on the other, from the
 *     best on the first target to the best on the second
 */
function paretoFront(first, second) {
  const rows = d3.range(first.length).sort((one, other) => first[one] - first[other] || second[one] - second[other]);
  const front = [];
  for (const row of rows) {
    const last = front.at(-1);
    const isSame = last !== undefined && first[row] === first[last] && second[row] === second[last];
    if (last === undefined || second[row] < second[last] || isSame) front.push(row);
  }
  return front;
}

/** @returns {Picture} */
function frontPicture(study, targets, standings, size) {
  const colours = pageColours();
  const [first, second] = standings.map(({ scores }) => scores);
  const axisLabel = ({ label, weights }) => `predicted, ${label}, ${study.unitOf(weights)}`;
  const front = paretoFront(first, second);
  const rows = Array.from(standings[0].order);
  const plot = Plot.plot({
    ...plotOptions(size),
    marginLeft: LEFT,
    marginTop: 26,
    marginBottom: 44,
    x: { domain: paddedExtent(first), label: axisLabel(targets[0]), labelArrow: "none", ticks: size.width / 110 },
    y: { domain: paddedExtent(second), label: axisLabel(targets[1]), labelArrow: "none", ticks: 5 },
    marks: [
      Plot.gridX({ stroke: colours.line, strokeOpacity: 1, ticks: size.width / 110 }),
      Plot.gridY({ stroke: colours.line, strokeOpacity: 1, ticks: 5 }),
      Plot.line(front, {
        x: (row) => first[row],
        y: (row) => second[row],
        curve: "step-after",
        stroke: colours.accent,
        strokeWidth: 1.5,
      }),
      Plot.dot(front, { x: (row) => first[row], y: (row) => second[row], r: 4.5, fill: colours.accent }),
    ],
  });
  const [x, y] = [plot.scale("x"), plot.scale("y")];
  const places = rows.map((row) => ({ row, x: x.apply(first[row]), y: y.apply(second[row]) }));
  return {
    plot,
    places: () => places,
    dots: { places, colour: () => colours.muted, ...dotLook(rows.length) },
    trace(weights) {
      const [across, up] = standings.map((standing) => currentOn(study, standing, weights).score);
      return Number.isNaN(across + up) ? null : [[x.apply(across), y.apply(up)]];
    },
    order: rows,
    marked: [],
    lines: (row) => [
      study.mixtures[row].name,
      ...targets.map(({ label }, position) => `${label} ${scoreText(standings[position].scores[row])}`),
    ],
    label:
      `Predicted scores of ${counted(rows.length, "mixture")} on ${targets[0].label} and ${targets[1].label}. ` +
      `No other mixture beats ${counted(front.length, "of them")} on both.`,
    notes: ["Lower is better on both, so that the best lie at the lower left."],
    legend: [
      ["listed", "mixture"],
      ["front", "on the front: no other is better on both"],
      ["current", "current mixture"],
    ],
  };
}

/** @returns {Column[]} */
function frontColumns(study, targets, standings) {
  const units = (row) => study.mixtures[row].weights.filter((weight) => weight > 0).length;
  const scored = standings.map(({ scores }, position) => ({
    name: ["first", "second"][position],
    label: targets[position].label,
    value: (row) => scores[row],
    fill: (cell, row) => cell.text(scoreText(scores[row])),
  }));
  return [
    nameColumn(study),
    { name: "units", label: "Units", value: units, fill: (cell, row) => cell.text(units(row)) },
    ...scored,
  ];
}
