/** Pictures of all mixtures, one at a time. */

const PICTURES = { scatter: "Predicted and reference", corners: "Three corners", parallel: "All weights" };

function drawPictures(study, state, container) {
  const section = d3.select(container);
  if (study.mixtures.length < 2) {
    section.append("p").text(`One mixture was ranked, ${study.mixtures[0].name}: there is nothing to compare it with.`);
    return;
  }
  const pictures = study.units.length > 2 ? PICTURES : { ...PICTURES, corners: "From one unit to the other" };
  const tabs = drawTabs(section, state, Object.entries(pictures));
  const panel = section.append("div").attr("role", "tabpanel").attr("id", "picture");
  const settings = () => panel.append("div").attr("class", "settings");
  const corners = study.units.length > 2 ? drawCornerChoice(study, state, settings()) : null;
  const axes = dividingFields(study).length ? drawAxesChoice(study, state, settings()) : null;
  drawOnChange(state, ["view"], ({ view }) => {
    tabs(view);
    panel.attr("aria-labelledby", `tab-${view}`);
    corners?.property("hidden", view !== "corners");
    axes?.property("hidden", view !== "parallel");
  });
  makePicture(study, state, panel, ["target", "view", "corners", "axes"], (size) => {
    const { target, view, corners, axes } = state.get();
    const standing = standingOn(study, target);
    if (view === "scatter") return scatterPicture(study, standing, size);
    if (view === "parallel") return parallelPicture(study, standing, axes, size);
    if (study.units.length === 2) return pairPicture(study, standing, size);
    return trianglePicture(study, standing, corners, size);
  });
}

/** @returns {function(string): void} marks the tab of a picture as selected */
function drawTabs(section, state, pictures) {
  const list = section.append("div").attr("role", "tablist").attr("aria-label", "Pictures");
  const tabs = list.selectAll("button").data(pictures).join("button");
  tabs
    .attr("type", "button")
    .attr("role", "tab")
    .attr("id", ([view]) => `tab-${view}`)
    .attr("aria-controls", "picture")
    .text(([, label]) => label)
    .on("click", (_, [view]) => state.update({ view }))
    .on("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const at = pictures.findIndex(([view]) => view === state.get().view);
      const next = (at + step + pictures.length) % pictures.length;
      state.update({ view: pictures[next][0] });
      tabs.nodes()[next].focus();
    });
  return (selected) =>
    tabs
      .attr("aria-selected", ([view]) => view === selected)
      .attr("tabindex", ([view]) => (view === selected ? 0 : -1));
}

/** @returns {d3.Selection} three lists of parts; a part that shares units with another corner cannot be chosen */
function drawCornerChoice(study, state, container) {
  const labels = ["Left", "Right", "Top"].map((label) => container.append("label").text(`${label} `));
  const lists = labels.map((label, corner) =>
    label.append("select").on("change", (event) => {
      const corners = [...state.get().corners];
      corners[corner] = event.target.value;
      state.update({ corners });
    }),
  );
  for (const list of lists) {
    const groups = study.fields.map((field) => [`groups by ${field}`, groupsBy(study, field).map(([name]) => name)]);
    for (const [heading, names] of [["units", study.units], ...groups]) {
      list
        .append("optgroup")
        .attr("label", heading)
        .selectAll("option")
        .data(names)
        .join("option")
        .text((name) => name);
    }
  }
  drawOnChange(state, ["corners"], ({ corners }) => {
    lists.forEach((list, corner) => {
      const taken = new Set(corners.filter((_, other) => other !== corner).flatMap((name) => unitsOfPart(study, name)));
      list.selectAll("option").property("disabled", (name) => unitsOfPart(study, name).some((unit) => taken.has(unit)));
      list.property("value", corners[corner]);
    });
  });
  return container;
}

/** @returns {d3.Selection} a list of what the axes stand for */
function drawAxesChoice(study, state, container) {
  const list = container.append("label").text("Axes ").append("select");
  list
    .selectAll("option")
    .data(["unit", ...dividingFields(study)])
    .join("option")
    .attr("value", (by) => by)
    .text((by) => (by === "unit" ? "units" : `groups by ${by}`));
  list.on("change", (event) => state.update({ axes: event.target.value }));
  drawOnChange(state, ["axes"], ({ axes }) => list.property("value", axes));
  return container;
}
