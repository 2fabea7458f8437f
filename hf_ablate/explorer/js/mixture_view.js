/** The mixture: its name, buttons that set all of it, and the sliders that are shown. */

const MOST_ROWS = 40; // sliders that are shown at a time: of more, a filter leads to the others
const FILTER_FROM = 13; // sliders

/** Sliders for the mixture, and what can be done with all of them. */
function drawMixture(study, state, container) {
  const section = d3.select(container);
  const isAlone = study.units.length === 1;
  const name = section.append("p").attr("class", "shown");
  if (!isAlone) drawPresets(study, state, section);
  const note = makeNote(state, section);
  const settings = section.append("p").attr("class", "settings");
  const fields = dividingFields(study);
  if (fields.length) {
    const label = settings.append("label").text("Sliders for ");
    const by = label.append("select").on("change", () => state.update({ by: by.property("value") }));
    by.selectAll("option")
      .data(["unit", ...fields])
      .join("option")
      .attr("value", (field) => field)
      .text((field) => (field === "unit" ? "units" : `groups by ${field}`));
    drawOnChange(state, ["by"], (now) => by.property("value", now.by));
  }
  const filterLabel = settings.append("label").text("Find ");
  const filter = filterLabel.append("input").attr("type", "search").attr("placeholder", "part of a name");
  const list = section.append("ul").attr("class", "sliders");
  const more = section.append("p").attr("class", "note");
  const ticks = section.append("p").attr("class", "note").property("hidden", isAlone);
  if (isAlone) {
    section
      .append("p")
      .attr("class", "note")
      .text(`This study has one unit, so there is nothing to weigh it against: its weight is always 100 %.`);
  }

  let sliders;
  filter.on("input", arrange);
  drawOnChange(state, ["by"], () => {
    filter.property("value", "");
    arrange();
  });
  drawOnChange(state, ["weights"], ({ weights }) => name.text(mixtureLabel(study, weights)));
  drawOnChange(state, ["baseline"], (now) =>
    ticks.text(`Ticks mark the baseline, ${baselineOf(study, now.baseline).label}.`),
  );
  drawOnChange(state, ["weights", "locks", "floors", "caps", "baseline"], () => sliders.show());
  drawLimits(study, state, section);

  /** Show the sliders whose names hold what the filter says. */
  function arrange() {
    const all = slidersBy(study, state.get().by);
    const text = filter.property("value").trim().toLowerCase();
    const found = all.filter((slider) =>
      [slider.name, ...slider.units.map((unit) => study.units[unit])].join(" ").toLowerCase().includes(text),
    );
    filterLabel.property("hidden", all.length < FILTER_FROM);
    sliders = makeSliders(study, state, list, found.slice(0, MOST_ROWS), note);
    const left = found.length - MOST_ROWS;
    more.text(left > 0 ? `${left} more: find them by their names.` : found.length ? "" : "No slider has this name.");
    more.property("hidden", !more.text());
    sliders.show();
  }
}

/** Buttons that set all weights at once. */
function drawPresets(study, state, section) {
  const buttons = section
    .append("div")
    .attr("class", "buttons")
    .attr("role", "group")
    .attr("aria-label", "Set the whole mixture");
  const add = (text, act) => buttons.append("button").attr("type", "button").text(text).on("click", act);
  const names = { uniform: "Equal shares", tokens: "By available tokens" };
  for (const [preset, weights] of Object.entries(study.presets)) {
    add(names[preset], () => state.update({ weights: withinBounds(state.get(), Array.from(weights)) }));
  }
  add("Best of the ranking", () => {
    const best = study.best(normalised(state.get().target));
    state.update({ weights: Array.from(study.mixtures[best].weights) });
  });
  const unlock = add("Unlock all", () => state.update({ locks: study.units.map(() => false) }));
  drawOnChange(state, ["locks"], ({ locks }) => unlock.property("disabled", !locks.some(Boolean)));
}

/** @returns {function(string): void} says something beside the sliders, until the next change */
function makeNote(state, section) {
  const note = section.append("p").attr("class", "warning").attr("role", "status");
  state.subscribe(() => note.text(""));
  return (text) => note.text(text);
}
