const FOLD_FROM = 21; // domains
const COLUMNS = ["name", "predicted", "interval", "compared", "measured", "difference", "gap"];

/**
 * A row of the table of predictions.
 *
 * @typedef {Object} Row
 * @property {string} label
 * @property {?Float64Array} weights - of the domains; they sum to 1; `null` for a heading without numbers
 * @property {?number} domain - its position, for a single domain
 * @property {string} kind - "total", "source" for the mean of a source, "domain" for what is beneath,
 *     "single" for a domain that is a source of its own
 */

/**
 * A table of predictions.
 *
 * @returns {function(number[], Float64Array): void} fills it for a mixture and its baseline
 */
function makePredictionTable(study, section) {
  const table = section.append("table").attr("class", "prediction").attr("role", "table");
  const heads = table.append("thead").attr("role", "rowgroup").append("tr").attr("role", "row");
  heads
    .selectAll("th")
    .data(["Domain", "Predicted", "90 % interval", "Baseline", "Reference model", "Difference", ""])
    .join("th")
    .attr("scope", "col")
    .attr("role", "columnheader")
    .attr("class", (_, place) => COLUMNS[place])
    .text((label) => label);
  const scale = heads.select(".gap").attr("aria-hidden", "true").attr("class", "gap scale");
  const ends = ["better", "worse"].map((what) => scale.append("span").attr("class", what));
  return drawRows(study, table, ends);
}

/** The rows of the table; returns what it does. `ends` are the ends of the scale of the bars. */
function drawRows(study, table, ends) {
  const parts = predictionParts(study);
  const bodies = table
    .selectAll("tbody")
    .data(parts)
    .join("tbody")
    .attr("role", "rowgroup")
    .attr("class", (part) => part.kind);
  const rows = bodies
    .selectAll("tr")
    .data((part) => part.rows)
    .join("tr")
    .attr("role", "row")
    .attr("class", (row) => row.kind);
  let drawn = null;

  rows
    .append("th")
    .attr("scope", "row")
    .attr("role", "rowheader")
    .attr("class", "name")
    .text((row) => row.label)
    .append("small")
    .text((row) => otherUnit(study, row));
  for (const column of COLUMNS.slice(1)) rows.append("td").attr("role", "cell").attr("class", column);
  rows
    .filter((row) => row.weights)
    .select(".gap")
    .attr("aria-hidden", "true")
    .append("div")
    .selectAll("i")
    .data(["bar", "ends"])
    .join("i")
    .attr("class", (what) => what);
  bodies
    .filter((part) => part.isFolded)
    .each(function (part) {
      const body = d3.select(this);
      const hidden = body
        .selectAll("tr")
        .filter((_, place) => place > 0)
        .property("hidden", true);
      const head = body.select("th").text("");
      const button = head.append("button").attr("type", "button").attr("class", "fold").attr("aria-expanded", "false");
      button.text(part.rows[0].label).on("click", () => {
        part.isFolded = !part.isFolded;
        hidden.property("hidden", part.isFolded);
        button.attr("aria-expanded", String(!part.isFolded));
        if (drawn) show(...drawn);
      });
    });

  /** Fill the rows that are in sight. */
  function show(weights, compared) {
    drawn = [weights, compared];
    const [own, theirs] = [weights, compared].map((mixture) => predictedOnRows(study, mixture));
    const measured = measuredOf(study, weights);
    table.classed("has-measured", measured !== null);
    const visible = rows.filter(function (row) {
      return row.weights && !this.hidden;
    });
    const lines = new Map(visible.data().map((row) => [row, { own: own(row), theirs: theirs(row).mean }]));
    const most = roundUp(
      d3.max(lines.values(), ({ own, theirs }) =>
        d3.max([own.low, own.mean, own.high], (end) => Math.abs(end - theirs)),
      ),
    );
    const place = (difference) => `${50 + (50 * difference) / most}%`;
    ends[0].text(`better −${most}`);
    ends[1].text(`+${most} worse`);
    visible.each(function (row) {
      const { own, theirs } = lines.get(row);
      const difference = own.mean - theirs;
      const line = d3.select(this);
      line.select(".predicted").text(scoreText(own.mean));
      line.select(".interval").text(Number.isFinite(own.low) ? intervalText(own) : "–");
      line.select(".compared").text(scoreText(theirs));
      line.select(".measured").text(measured ? scoreText(weightedSum(measured, 0, row.weights)) : "");
      const text = differenceText(difference);
      line
        .select(".difference")
        .text(text)
        .classed("better", text.startsWith("−"))
        .classed("worse", text.startsWith("+"));
      line
        .select(".gap div")
        .property("hidden", !Number.isFinite(difference))
        .classed("better", difference < 0)
        .style("--from", place(Math.min(difference, 0)))
        .style("--to", place(Math.max(difference, 0)))
        .style("--low", place(own.low - theirs))
        .style("--high", place(own.high - theirs));
      line.select(".ends").property("hidden", !Number.isFinite(own.low));
    });
  }
  return show;
}

/** @returns {function(Row): Interval} what is predicted of a mixture on a row */
function predictedOnRows(study, weights) {
  const domains = predictedOnDomains(study, weights);
  return (row) => (row.domain === null ? predictedOn(study, weights, row.weights) : domains[row.domain]);
}

/** @returns {{kind: string, isFolded: boolean, rows: Row[]}[]} totals, the domains by source, and other targets */
function predictionParts(study) {
  const isLong = study.domains.length >= FOLD_FROM;
  const sources = domainsBySource(study);
  const rowOfTarget =
    (kind) =>
    ({ label, weights }) => ({ kind, label, weights, domain: null });
  const heads = sources.map(([source]) =>
    study.targets.find(({ name, level }) => name === source && level !== "domain"),
  );
  const totals = study.targets.filter(({ level }) => level === "mean" || level === "weighted");
  const others = study.targets.filter(
    (target) => !totals.includes(target) && !heads.includes(target) && !study.domains.includes(target.name),
  );
  const parts = sources.map(([source, domains], place) => ({
    kind: "source",
    isFolded: isLong && Boolean(heads[place]),
    rows: [
      ...[heads[place]].filter(Boolean).map(rowOfTarget("source")),
      ...domains.map((domain) => ({
        kind: heads[place] ? "domain" : "single",
        label: heads[place] ? study.domains[domain].slice(source.length + 1) : study.domains[domain],
        weights: denseWeights([[domain, 1]], study.domains.length),
        domain,
      })),
    ],
  }));
  const total = { kind: "total", isFolded: false, rows: totals.map(rowOfTarget("total")) };
  if (!others.length) return [total, ...parts];
  const head = { kind: "source", label: counted(others.length, "other target"), weights: null, domain: null };
  return [total, ...parts, { kind: "more", isFolded: true, rows: [head, ...others.map(rowOfTarget("domain"))] }];
}

/** @returns {string} the unit of measure of a row, if it is not that of the first domain */
function otherUnit(study, { weights }) {
  const unit = weights ? study.unitOf(weights) : "";
  return unit === study.units_of_measure[0] ? "" : ` ${unit}`;
}

/** @returns {number} a round number, at least as large */
function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return Number((power * [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((times) => times * power >= value)).toPrecision(2));
}
