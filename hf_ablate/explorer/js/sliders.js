/**
 * A slider, a number field and a lock each.
 *
 * @returns {{show: function(): void}} brings them up to date
 */
function makeSliders(study, state, list, sliders, note) {
  let origin = null; // where a slider started from, so that dragging it there and back changes nothing

  /** Move a slider as far as bounds allow, and say what stopped it. */
  function move(slider, wanted) {
    const now = state.get();
    if (origin?.slider !== slider || origin.left !== now.weights) origin = { slider, weights: now.weights };
    const weights = movedTo({ ...now, weights: origin.weights }, slider.units, wanted);
    origin.left = weights;
    state.update({ weights });
    note(whyStopped(study, now, slider, wanted, weights));
    show(); // now, as a weight that is not allowed leaves the state as it is
  }

  const rows = list
    .selectAll("li")
    .data(sliders, (slider) => slider.name)
    .join((enter) => enter.append("li"));
  rows.each(function (slider, place) {
    const row = d3.select(this).text("");
    const id = `slider-${place}`;
    const label = row.append("label").attr("for", id);
    label.append("span").attr("class", "hidden").text("Weight of ");
    label.append("span").text(slider.name);
    if (slider.units.length > 1) label.append("small").text(` ${slider.units.length} units`);
    label.attr("title", slider.units.map((unit) => study.units[unit]).join(", "));
    row
      .append("input")
      .attr("class", "number")
      .attr("type", "number")
      .attr("min", 0)
      .attr("max", 100)
      .attr("step", "any")
      .attr("aria-label", `Weight of ${slider.name} in per cent`)
      .on("change", ({ target }) => {
        if (target.value !== "") move(slider, target.valueAsNumber / 100);
        target.value = fieldText(slider);
      })
      .on("keydown", (event) => {
        const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        move(slider, weightOf(slider) + step / 100);
        event.target.value = fieldText(slider);
      });
    row.append("span").attr("class", "percent").attr("aria-hidden", "true").text("%");
    row
      .append("button")
      .attr("type", "button")
      .attr("class", "lock")
      .attr("aria-label", `Lock ${slider.name}`)
      .html(LOCK)
      .on("click", () => {
        const isLocked = slider.units.every((unit) => state.get().locks[unit]);
        state.update({
          locks: state.get().locks.map((lock, unit) => (slider.units.includes(unit) ? !isLocked : lock)),
        });
      });
    row
      .append("input")
      .attr("type", "range")
      .attr("id", id)
      .attr("min", 0)
      .attr("max", 100)
      .attr("step", study.units.length > MOST_SLIDERS ? 0.1 : 0.5)
      .on("input", (event) => move(slider, event.target.valueAsNumber / 100));
  });

  const weightOf = (slider) => d3.sum(slider.units, (unit) => state.get().weights[unit]);
  const fieldText = (slider) => (100 * weightOf(slider)).toFixed(1);

  /** Show the weights, locks and limits that there are now. */
  function show() {
    const { locks, floors, caps, baseline } = state.get();
    const compared = baselineOf(study, baseline).weights;
    rows.each(function (slider) {
      const row = d3.select(this);
      const inside = (values) => d3.sum(slider.units, (unit) => values[unit]);
      const isLocked = slider.units.every((unit) => locks[unit]);
      const weight = weightOf(slider);
      const isFixed = isLocked || study.units.length === 1;
      row
        .style("--share", weight)
        .style("--low", inside(floors))
        .style("--high", Math.min(inside(caps), 1))
        .style("--compared", inside(compared))
        .classed("locked", isLocked);
      row
        .select("input[type=range]")
        .property("value", 100 * weight)
        .property("disabled", isFixed)
        .attr("aria-valuetext", percentText(weight) + (isLocked ? ", locked" : ""));
      fillFields(row.select("input[type=number]").property("disabled", isFixed), fieldText);
      row
        .select("button")
        .attr("aria-pressed", isLocked)
        .property("hidden", study.units.length === 1);
    });
  }
  return { show };
}

/** Write values into fields, but for one in which a person is typing. */
function fillFields(fields, value) {
  fields
    .filter(function () {
      return this !== document.activeElement;
    })
    .property("value", value);
}

/** @returns {string} why a slider is not where it was moved to; empty where it is */
function whyStopped(study, state, slider, wanted, weights) {
  const reached = d3.sum(slider.units, (unit) => weights[unit]);
  if (Math.abs(reached - Math.min(Math.max(wanted, 0), 1)) < 1e-9) return "";
  const others = d3.range(study.units.length).filter((unit) => !slider.units.includes(unit));
  if (others.every((unit) => state.locks[unit])) return "All others are locked: nothing can give way.";
  const { low, high } = weightBounds(state);
  const own = d3.sum(slider.units, (unit) => (reached < wanted ? high : low)[unit]);
  const limit = Math.abs(own - reached) < 1e-9 ? "its own" : "the others'";
  const more = reached < wanted ? "more" : "less";
  return `${slider.name} stays at ${percentText(reached)}: ${limit} floors, caps or locks allow no ${more}.`;
}

const LOCK =
  '<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><rect x="3" y="7" width="10" height="7" rx="1.5"/>' +
  '<path class="open" d="M5 7V4.6a3 3 0 0 1 5.8-1"/><path class="closed" d="M5 7V4.6a3 3 0 0 1 6 0V7"/></svg>';
