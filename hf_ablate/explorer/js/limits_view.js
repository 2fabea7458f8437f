/** Floors and caps of the units, folded away until wanted. */
function drawLimits(study, state, section) {
  if (study.units.length === 1) return;
  const details = section.append("details").attr("class", "limits");
  const summary = details.append("summary");
  const note = makeNote(state, details);
  const broken = details.append("p").attr("class", "note");
  const table = details.append("div").attr("class", "long").append("table");
  const heads = ["Unit", "At least, %", "At most, %"];
  table
    .append("thead")
    .append("tr")
    .selectAll("th")
    .data(heads)
    .join("th")
    .attr("scope", "col")
    .text((head) => head);
  const rows = table.append("tbody").selectAll("tr").data(study.units).join("tr");
  rows
    .append("th")
    .attr("scope", "row")
    .text((unit) => unit);
  for (const [name, what] of [
    ["floors", "At least"],
    ["caps", "At most"],
  ]) {
    rows
      .append("td")
      .append("input")
      .attr("type", "number")
      .attr("class", name)
      .attr("min", 0)
      .attr("max", 100)
      .attr("step", "any")
      .attr("aria-label", (unit) => `${what} per cent of ${unit}`)
      .on("change", (event, unit) => set(name, study.units.indexOf(unit), event.target));
  }
  const clear = details
    .append("button")
    .attr("type", "button")
    .text("Without floors and caps")
    .on("click", () => state.update({ floors: study.units.map(() => 0), caps: study.units.map(() => 1) }));

  /** Set a floor or cap to what its field says, if some mixture keeps it. */
  function set(name, unit, field) {
    const share = field.value === "" ? (name === "caps" ? 1 : 0) : field.valueAsNumber / 100;
    const limits = state.get()[name].map((limit, other) => (other === unit ? share : limit));
    const asked = { ...state.get(), [name]: limits };
    const isShare = share >= 0 && share <= 1;
    const problem = isShare ? whyImpossible(study.units, asked) : "Floors and caps are between 0 and 100 %.";
    if (!problem) return state.update({ [name]: limits, weights: withinBounds(asked, state.get().weights) });
    field.value = percentValue(state.get()[name][unit]);
    note(`${problem} It stays as it was.`);
  }

  function show({ floors, caps, weights }) {
    fillFields(rows.select(".floors"), (_, unit) => percentValue(floors[unit]));
    fillFields(rows.select(".caps"), (_, unit) => percentValue(caps[unit]));
    const set = study.units.filter((_, unit) => floors[unit] > 0 || caps[unit] < 1);
    summary.text(`Floors and caps${set.length ? ` (of ${counted(set.length, "unit")})` : ""}`);
    clear.property("disabled", set.length === 0);
    const outside = study.units.filter(
      (_, unit) => weights[unit] < floors[unit] - 1e-9 || weights[unit] > caps[unit] + 1e-9,
    );
    rows.classed("broken", (unit) => outside.includes(unit));
    broken.text(
      outside.length
        ? `The mixture that is shown does not keep them for ${outside.join(", ")}; the next slider that moves makes it.`
        : "",
    );
  }
  drawOnChange(state, ["floors", "caps", "weights"], show);
}

/** @returns {number} a share in per cent, for a field */
function percentValue(share) {
  return Number((100 * share).toPrecision(9));
}
