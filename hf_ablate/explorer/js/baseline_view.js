const MOST_SUGGESTED = 40; // ranked mixtures, beneath the field in which one is looked for
const LISTED = "listed";

/** The choice of the mixture that others are compared with. */
function drawBaseline(study, state, section) {
  const settings = section.append("p").attr("class", "settings");
  const choice = settings.append("label").text("Baseline ").append("select");
  choice
    .selectAll("option")
    .data([...Object.entries(PRESETS).filter(([name]) => name in study.presets), [LISTED, "a ranked mixture"]])
    .join("option")
    .attr("value", ([name]) => name)
    .text(([, label]) => label);
  const search = settings.append("label").attr("class", "wide").text("Which ");
  const field = search.append("input").attr("list", "baselines").attr("placeholder", "part of its name");
  const suggestions = settings.append("datalist").attr("id", "baselines");

  choice.on("change", () => {
    const name = choice.property("value");
    if (name !== LISTED) return state.update({ baseline: name });
    const { order } = standingOn(study, state.get().target);
    state.update({ baseline: study.mixtures[order[0]].id });
    field.node().focus();
    field.node().select();
  });
  field.on("input", () => {
    const text = field.property("value").trim();
    const { order } = standingOn(study, state.get().target);
    const exact = study.mixtures.find(({ id, name }) => name === text || id === text);
    if (exact) return state.update({ baseline: exact.id });
    const found = Array.from(order).filter((row) =>
      study.mixtures[row].name.toLowerCase().includes(text.toLowerCase()),
    );
    suggestions
      .selectAll("option")
      .data(found.slice(0, MOST_SUGGESTED))
      .join("option")
      .attr("value", (row) => study.mixtures[row].name);
  });
  field.on("change", () => show(state.get()));

  function show({ baseline }) {
    const isListed = !(baseline in study.presets);
    choice.property("value", isListed ? LISTED : baseline);
    search.property("hidden", !isListed);
    if (isListed) field.property("value", baselineOf(study, baseline).label);
  }
  drawOnChange(state, ["baseline"], show);
}
