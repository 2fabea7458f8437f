/** The ranked mixtures on the target, as a table. */
function drawRanking(study, state, container) {
  const section = d3.select(container);
  const standing = () => standingOn(study, state.get().target);
  const lead = section.append("p").attr("class", "note");
  const place = section.append("p");
  const words = place.append("span");
  const find = place.append("button").attr("type", "button").text("Show it in the table");
  const settings = section.append("div").attr("class", "settings");
  const label = settings.append("label").text("Filter ");
  const filter = label.append("input").attr("type", "search").attr("placeholder", "words of units or names");
  const found = settings.append("span").attr("class", "said").attr("role", "status");
  const caption =
    "Choose a mixture to see it everywhere; the arrow keys go from one to the next. " +
    `Tied: cannot be told apart from the best, with ${+(100 * study.ties.confidence).toPrecision(4)} % confidence.`;
  const table = makeMixtureTable(study, state, section, caption, "rank");

  filter.on("input", () => state.update({ filter: filter.property("value") }));
  find.on("click", () => {
    const { row } = currentOn(study, standing(), state.get().weights);
    if (!rowsThatFit(study, state.get().filter).includes(row)) state.update({ filter: "" });
    requestAnimationFrame(() => table.reveal(row)); // when the table is drawn without the filter
  });

  function show({ filter: text }) {
    const rows = rowsThatFit(study, text);
    if (filter.property("value") !== text) filter.property("value", text);
    found.text(text.trim() ? `${counted(rows.length, "mixture")} of ${countText(study.mixtures.length)}` : "");
    lead.text(
      `${counted(study.mixtures.length, "mixture")} by predicted score on ${targetLabel(study, standing().target)}, ` +
        `${study.unitOf(standing().target)}; lower is better.`,
    );
    table.show(rows, rankingColumns(study, standing()));
  }
  drawOnChange(state, ["target", "filter"], show);
  drawOnChange(state, ["target", "weights"], ({ weights }) => {
    const current = currentOn(study, standing(), weights);
    words.text(placeText(standing(), current));
    find.property("hidden", current.row < 0);
  });
}

/** @returns {string} where the mixture that is shown stands */
function placeText(standing, { row, score, rank }) {
  const which = `rank ${countText(rank)} of ${countText(standing.order.length)}`;
  const behind = `${differenceText(score - standing.scores[standing.order[0]])} against the best`;
  if (row >= 0) return `The current mixture is ${rank === 1 ? `the best, ${which}` : `${which}, ${behind}`}. `;
  if (Number.isNaN(score)) return "The current mixture is not among those that were ranked.";
  return `The current mixture is not among those that were ranked; it would have ${which}, ${behind}.`;
}

/** @returns {number[]} positions of the mixtures that every word fits: in their name or id, or in a unit of theirs */
function rowsThatFit(study, text) {
  const words = text
    .toLowerCase()
    .split(/[\s+,]+/)
    .filter(Boolean);
  return words.reduce((left, word) => {
    const units = d3.range(study.units.length).filter((unit) => study.units[unit].toLowerCase().includes(word));
    return left.filter((row) => {
      const { id, name, weights } = study.mixtures[row];
      return units.some((unit) => weights[unit] > 0) || `${id} ${name}`.toLowerCase().includes(word);
    });
  }, d3.range(study.mixtures.length));
}

/** @returns {Column[]} */
function rankingColumns(study, standing) {
  const { scores, ranks, order, references } = standing;
  const difference = (row) => (row === order[0] ? "–" : differenceText(scores[row] - scores[order[0]]));
  const reach = (row) =>
    row === order[0] || !standing.behind(row) ? "" : `± ${scoreText(standing.behind(row).reach)}`;
  return [
    { name: "rank", label: "Rank", value: (row) => ranks[row], fill: (cell, row) => cell.text(countText(ranks[row])) },
    nameColumn(study, (row) => (row === order[0] ? ["best"] : standing.isTied(row) ? ["tied"] : [])),
    {
      name: "score",
      label: "Predicted, 90 % interval",
      value: (row) => scores[row],
      prepare: (rows) => whiskerScale(standing, rows),
      fill(cell, row, scale) {
        const interval = standing.interval(row);
        if (interval) drawWhisker(cell, scale, interval, references.get(row));
        const numbers = cell.append("div").text(scoreText(scores[row]));
        if (interval) numbers.append("small").text(intervalText(interval));
        numbers
          .append("small")
          .attr("class", "narrow")
          .text(`${difference(row)} ${reach(row)}`);
      },
    },
    {
      name: "difference",
      label: "Against the best",
      value: (row) => scores[row],
      fill: (cell, row) => cell.text(difference(row)).append("small").text(reach(row)),
    },
    {
      name: "reference",
      label: "Reference model",
      value: (row) => references.get(row),
      fill: (cell, row) => cell.text(scoreText(references.get(row))),
    },
  ];
}

const WHISKER = 110; // pixels

/** @returns {function(number): number} pixels of scores, so that intervals and reference models of some mixtures fit */
function whiskerScale(standing, rows) {
  const ends = rows.flatMap((row) => {
    const { low, high } = standing.interval(row) ?? {};
    return [low, high, standing.references.get(row)];
  });
  return d3.scaleLinear(d3.extent(ends), [4, WHISKER - 4]);
}

/** Draw an interval with the expected score in it and, as a ring, that of the reference model. */
function drawWhisker(cell, scale, { mean, low, high }, reference) {
  const svg = cell
    .append("svg")
    .attr("class", "whisker")
    .attr("width", WHISKER)
    .attr("height", 14)
    .attr("aria-hidden", "true");
  svg.append("line").attr("x1", scale(low)).attr("x2", scale(high)).attr("y1", 7).attr("y2", 7);
  svg.append("circle").attr("class", "expected").attr("cx", scale(mean)).attr("cy", 7).attr("r", 3);
  if (reference === undefined) return;
  svg.append("circle").attr("class", "reference").attr("cx", scale(reference)).attr("cy", 7).attr("r", 4.5);
}
