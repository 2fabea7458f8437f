const OPEN_UP_TO = 12; // domains, whose sliders are in sight at first

/** What mixtures are judged on: a slider for every domain. */
function drawTarget(study, state, container) {
  const section = d3.select(container);
  section
    .append("p")
    .attr("class", "note")
    .text("What each domain counts. The ranking, its best mixture and every picture follow.");
  drawTargetPresets(study, state, section);
  const answer = section.append("div").attr("class", "answer");
  const words = answer.append("p");
  const go = answer
    .append("button")
    .attr("type", "button")
    .text("Show the best")
    .on("click", () => {
      const best = standingOn(study, state.get().target).order[0];
      state.update({ weights: Array.from(study.mixtures[best].weights) });
    });
  const note = makeNote(state, section);
  drawTargetSliders(study, state, section, note);

  drawOnChange(state, ["target", "weights"], ({ target, weights }) => {
    const standing = standingOn(study, target);
    const current = currentOn(study, standing, weights);
    const own = predictedOn(study, weights, standing.target);
    const best = standing.order[0];
    const range = Number.isFinite(own.low) ? ` (90\u00a0%: ${intervalText(own)})` : "";
    const rank = Number.isFinite(current.score)
      ? `, rank ${countText(current.rank)} of ${countText(standing.order.length)}`
      : "";
    const parts = [
      ["span", `${upperFirst(targetLabel(study, standing.target))}: the mixture has `],
      ["b", scoreText(own.mean)],
      ["span", `${range}${rank}. The best ranked mixture, `],
      ["b", study.mixtures[best].name],
      ["span", `, has ${scoreText(standing.scores[best])}.`],
    ];
    const units = study.unitOf(standing.target);
    if (units.includes(" and ")) parts.push(["span", ` It adds numbers in different units: ${units}.`]);
    words.text("");
    for (const [tag, text] of parts) words.append(tag).text(text);
    go.property("disabled", current.row === best);
  });
}

/** Means of domains as buttons, and every target in a list. */
function drawTargetPresets(study, state, section) {
  const set = (target) => state.update({ target: asSliders(target.weights) });
  const means = study.targets.filter(({ level }) => ["mean", "source_mean", "weighted", "task_mean"].includes(level));
  const buttons = section
    .append("div")
    .attr("class", "buttons")
    .attr("role", "group")
    .attr("aria-label", "Set the target");
  buttons
    .selectAll("button")
    .data(means.slice(0, MOST_MEANS))
    .join("button")
    .attr("type", "button")
    .text((target) => (target.level === "mean" ? upperFirst(target.label) : presetLabel(study, target)))
    .on("click", (_, target) => set(target));
  const choice = section.append("p").attr("class", "settings").append("label").text("Any target ").append("select");
  choice.append("option").attr("value", "").text("own weights");
  for (const [level, targets] of d3.groups(study.targets, ({ level }) => level)) {
    const group = choice.append("optgroup").attr("label", LEVELS[level] ?? level);
    group
      .selectAll("option")
      .data(targets)
      .join("option")
      .attr("value", ({ name }) => name)
      .text((target) => presetLabel(study, target));
  }
  choice.on("change", () => {
    const target = study.targets.find(({ name }) => name === choice.property("value"));
    if (target) set(target);
  });
  drawOnChange(state, ["target"], ({ target }) => {
    const weights = normalised(target);
    const known = study.targets.find((each) => sameNumbers(each.weights, weights));
    choice.property("value", known?.name ?? "");
    buttons.selectAll("button").attr("aria-pressed", (each) => String(sameNumbers(each.weights, weights)));
  });
}

const MOST_MEANS = 8; // that have a button of their own
const LEVELS = {
  mean: "All domains",
  source_mean: "Sources",
  source: "All text of a source",
  group: "Groups of units",
  domain: "Single domains",
  weighted: "Weighted",
  task_mean: "Mean of tasks",
  task: "Single tasks",
};

/** @returns {string} what people read for a target in a list of them */
function presetLabel(study, { name, level, label }) {
  return name === study.study_target && level !== "mean" ? `${label} (the study's target)` : label;
}

/** A slider for every domain, by source. */
function drawTargetSliders(study, state, section, note) {
  const sources = domainsBySource(study);
  const isOpen = study.domains.length <= OPEN_UP_TO;
  const groups = section
    .append("div")
    .attr("class", "weights")
    .selectAll("details")
    .data(sources)
    .join("details")
    .property("open", isOpen);
  groups.append("summary").text(([source, domains]) => `${source}: ${counted(domains.length, "domain")}`);
  const rows = groups
    .append("ul")
    .selectAll("li")
    .data(([, domains]) => domains)
    .join("li");
  rows
    .append("label")
    .attr("for", (domain) => `domain-${domain}`)
    .html('<span class="hidden">Weight of domain </span>')
    .append("span")
    .text((domain) => study.domains[domain].replace(/^[^/]*\//, ""));
  rows
    .append("output")
    .attr("for", (domain) => `domain-${domain}`)
    .attr("aria-hidden", "true");
  rows
    .append("input")
    .attr("type", "range")
    .attr("id", (domain) => `domain-${domain}`)
    .attr("min", 0)
    .attr("max", 1)
    .attr("step", 0.05)
    .on("input", (event, domain) => {
      const target = state
        .get()
        .target.map((weight, other) => (other === domain ? event.target.valueAsNumber : weight));
      const isEmpty = target.every((weight) => weight === 0);
      if (!isEmpty) return state.update({ target });
      show(state.get());
      note("At least one domain has to count.");
    });

  function show({ target }) {
    const shares = normalised(target);
    rows.style("--share", (domain) => target[domain]);
    rows
      .select("input")
      .property("value", (domain) => target[domain])
      .attr("aria-valuetext", (domain) => `${percentText(shares[domain])} of the target`);
    rows.select("output").text((domain) => percentText(shares[domain]));
  }
  drawOnChange(state, ["target"], show);
}
